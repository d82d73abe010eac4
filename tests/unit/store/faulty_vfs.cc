#include "unit/store/faulty_vfs.h"

#include <sqlite3.h>

#include <limits>

#include "support/forwarding_vfs.h"

namespace aigc::store {
namespace {

using aigc::testing::ForwardingMethods;
using aigc::testing::ForwardingVfs;
using aigc::testing::OpenForwarded;
using aigc::testing::Real;

constexpr const char* kName = "faulty";

struct Script {
  int allowed = std::numeric_limits<int>::max();
  int operations = 0;
  int syncs = 0;
  FaultyVfs::Fault fault = FaultyVfs::Fault::kFull;
};
Script script;

bool Fails() { return ++script.operations > script.allowed; }

int Write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
  if (Fails()) return script.fault == FaultyVfs::Fault::kFull ? SQLITE_FULL : SQLITE_IOERR_WRITE;
  return Real(file)->pMethods->xWrite(Real(file), from, size, at);
}
int Sync(sqlite3_file* file, int flags) {
  ++script.syncs;
  if (Fails()) return script.fault == FaultyVfs::Fault::kFull ? SQLITE_FULL : SQLITE_IOERR_FSYNC;
  return Real(file)->pMethods->xSync(Real(file), flags);
}
const sqlite3_io_methods kMethods = [] {
  sqlite3_io_methods methods = ForwardingMethods();
  methods.xWrite = Write;
  methods.xSync = Sync;
  return methods;
}();

int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  return OpenForwarded(vfs, name, file, flags, out_flags, &kMethods);
}

sqlite3_vfs vfs;

}  // namespace

FaultyVfs::FaultyVfs() {
  vfs = ForwardingVfs(kName);
  vfs.xOpen = Open;
  sqlite3_vfs_register(&vfs, 0);
  Heal();
}

FaultyVfs::~FaultyVfs() { sqlite3_vfs_unregister(&vfs); }

std::string FaultyVfs::name() const { return kName; }

void FaultyVfs::FailAfter(int count, Fault fault) { script = {count, 0, 0, fault}; }

void FaultyVfs::Heal() { script = {}; }

int FaultyVfs::operations() const { return script.operations; }

int FaultyVfs::syncs() const { return script.syncs; }

}  // namespace aigc::store
