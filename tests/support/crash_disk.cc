#include "support/crash_disk.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <stdexcept>

#include "support/forwarding_vfs.h"

namespace aigc::testing {
namespace {

constexpr const char* kName = "crash-disk";

// One change of a file since it was last synced, and how to take it back.
struct Change {
  std::string path;
  bool truncates = false;
  sqlite3_int64 at = 0;  // of the write; or the new size
  std::string after;     // what was written
  std::string before;    // what stood there, as far as the file reached
  sqlite3_int64 old_size = 0;
};

struct State {
  std::vector<Change> changes;  // in order, over all files
  bool cut = false;
  std::uint64_t operations = 0, refused = 0;
  std::uint64_t fail_at = 0, fail_count = 0;
  CrashDisk::Fault fault = CrashDisk::Fault::kCut;
};
State state;

enum class Verdict { kDo, kDoAndDie, kRefuse, kDead };

Verdict Next() {
  if (state.cut) return Verdict::kDead;
  ++state.operations;
  if (state.fail_at == 0 || state.operations < state.fail_at) return Verdict::kDo;
  if (state.fault == CrashDisk::Fault::kCut) {
    state.cut = true;
    return Verdict::kDoAndDie;
  }
  if (state.operations >= state.fail_at + state.fail_count) return Verdict::kDo;
  ++state.refused;
  return Verdict::kRefuse;
}

int RefusalCode(int io_code) {
  return state.fault == CrashDisk::Fault::kFull ? SQLITE_FULL : io_code;
}

sqlite3_int64 SizeOf(sqlite3_file* real) {
  sqlite3_int64 size = 0;
  real->pMethods->xFileSize(real, &size);
  return size;
}

std::string ReadOld(sqlite3_file* real, sqlite3_int64 at, sqlite3_int64 end) {
  if (end <= at) return {};
  std::string bytes(static_cast<std::size_t>(end - at), '\0');
  if (real->pMethods->xRead(real, bytes.data(), static_cast<int>(bytes.size()), at) != SQLITE_OK) {
    throw std::runtime_error("crash disk: cannot read back");
  }
  return bytes;
}

void Synced(const std::string& path) {
  std::erase_if(state.changes, [&](const Change& change) { return change.path == path; });
}

int Write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
  sqlite3_file* real = Real(file);
  if (Of(file)->path == nullptr) return real->pMethods->xWrite(real, from, size, at);
  const Verdict verdict = Next();
  if (verdict == Verdict::kDead) return SQLITE_IOERR_WRITE;
  if (verdict == Verdict::kRefuse) return RefusalCode(SQLITE_IOERR_WRITE);
  const sqlite3_int64 old_size = SizeOf(real);
  state.changes.push_back(
      {*Of(file)->path, false, at,
       std::string(static_cast<const char*>(from), static_cast<std::size_t>(size)),
       ReadOld(real, at, std::min(old_size, at + size)), old_size});
  const int code = real->pMethods->xWrite(real, from, size, at);
  return verdict == Verdict::kDoAndDie ? SQLITE_IOERR_WRITE : code;
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  sqlite3_file* real = Real(file);
  if (Of(file)->path == nullptr) return real->pMethods->xTruncate(real, size);
  const Verdict verdict = Next();
  if (verdict == Verdict::kDead) return SQLITE_IOERR_TRUNCATE;
  if (verdict == Verdict::kRefuse) return RefusalCode(SQLITE_IOERR_TRUNCATE);
  const sqlite3_int64 old_size = SizeOf(real);
  state.changes.push_back(
      {*Of(file)->path, true, size, {}, ReadOld(real, size, old_size), old_size});
  const int code = real->pMethods->xTruncate(real, size);
  return verdict == Verdict::kDoAndDie ? SQLITE_IOERR_TRUNCATE : code;
}

// A sync that the process died in has happened or not: what it was to sync counts as unsynced, and
// Settle() may keep it all.
int Sync(sqlite3_file* file, int flags) {
  sqlite3_file* real = Real(file);
  if (Of(file)->path == nullptr) return real->pMethods->xSync(real, flags);
  const Verdict verdict = Next();
  if (verdict == Verdict::kDead || verdict == Verdict::kDoAndDie) return SQLITE_IOERR_FSYNC;
  if (verdict == Verdict::kRefuse) return RefusalCode(SQLITE_IOERR_FSYNC);
  Synced(*Of(file)->path);
  return SQLITE_OK;
}

const sqlite3_io_methods kMethods = [] {
  sqlite3_io_methods methods = ForwardingMethods();
  methods.xWrite = Write;
  methods.xTruncate = Truncate;
  methods.xSync = Sync;
  return methods;
}();

int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  if (state.cut) {
    file->pMethods = nullptr;
    return SQLITE_CANTOPEN;
  }
  const int code = OpenForwarded(vfs, name, file, flags, out_flags, &kMethods);
  if (code != SQLITE_OK) return code;
  constexpr int kWatched = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;
  Of(file)->path = name != nullptr && (flags & kWatched) != 0 ? new std::string(name) : nullptr;
  return code;
}

int Delete(sqlite3_vfs* vfs, const char* name, int sync_folder) {
  const Verdict verdict = Next();
  if (verdict == Verdict::kDead) return SQLITE_IOERR_DELETE;
  if (verdict == Verdict::kRefuse) return RefusalCode(SQLITE_IOERR_DELETE);
  Synced(name);
  const int code = RealVfs(vfs)->xDelete(RealVfs(vfs), name, sync_folder);
  return verdict == Verdict::kDoAndDie ? SQLITE_IOERR_DELETE : code;
}

sqlite3_vfs vfs;

// --- after the cut ---

class OpenFile {
 public:
  explicit OpenFile(const std::string& path) : fd_(::open(path.c_str(), O_RDWR | O_CLOEXEC)) {}
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  bool there() const { return fd_ >= 0; }
  void Put(std::string_view bytes, sqlite3_int64 at) const {
    if (::pwrite(fd_, bytes.data(), bytes.size(), at) != static_cast<ssize_t>(bytes.size())) {
      throw std::runtime_error("crash disk: cannot write");
    }
  }
  void Resize(sqlite3_int64 size) const {
    if (::ftruncate(fd_, size) != 0) throw std::runtime_error("crash disk: cannot resize");
  }

 private:
  int fd_;
};

void TakeBack(const Change& change) {
  const OpenFile file(change.path);
  if (!file.there()) return;
  file.Put(change.before, change.at);
  file.Resize(change.old_size);
}

void Redo(const Change& change, std::size_t bytes) {
  const OpenFile file(change.path);
  if (!file.there()) return;
  if (change.truncates) {
    file.Resize(change.at);
  } else {
    file.Put(std::string_view(change.after).substr(0, bytes), change.at);
  }
}

}  // namespace

CrashDisk::CrashDisk() {
  vfs = ForwardingVfs(kName);
  vfs.xOpen = testing::Open;
  vfs.xDelete = testing::Delete;
  sqlite3_vfs_register(&vfs, 0);
  state = {};
}

CrashDisk::~CrashDisk() { sqlite3_vfs_unregister(&vfs); }

std::string CrashDisk::name() const { return kName; }

void CrashDisk::FailAt(std::uint64_t n, Fault fault, std::uint64_t count) {
  state.fail_at = state.operations + n;
  state.fail_count = count;
  state.fault = fault;
}

void CrashDisk::Cut() { state.cut = true; }

bool CrashDisk::is_cut() const { return state.cut; }

std::uint64_t CrashDisk::operations() const { return state.operations; }

std::uint64_t CrashDisk::refused() const { return state.refused; }

std::uint64_t CrashDisk::unsynced() const { return state.changes.size(); }

void CrashDisk::Settle(Kept kept, Random& random) {
  std::vector<Change> changes = std::move(state.changes);
  state = {};
  if (kept == Kept::kAll) return;
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) TakeBack(*change);
  if (kept == Kept::kNone) return;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (random.Unit() < 0.5) continue;
    const bool torn = i + 1 == changes.size() && random.Unit() < 0.5;
    const std::size_t size = changes[i].after.size();
    Redo(changes[i], torn && size > 0 ? random.Below(size) : size);
  }
}

}  // namespace aigc::testing
