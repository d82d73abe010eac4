// A SQLite VFS over the default one that hands everything on. A test's VFS takes it and puts its
// own functions in the places where something is to go wrong.
#pragma once

#include <sqlite3.h>

#include <string>

namespace aigc::testing {

struct ForwardedFile {
  sqlite3_file base;
  std::string* path;  // for those who watch it; freed at closing; null at opening
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

inline ForwardedFile* Of(sqlite3_file* file) { return reinterpret_cast<ForwardedFile*>(file); }
inline sqlite3_file* Real(sqlite3_file* file) { return Of(file)->real(); }
inline sqlite3_vfs* RealVfs(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }

sqlite3_io_methods ForwardingMethods();
// Opens the real file behind `file`, which then has `methods`.
int OpenForwarded(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags,
                  const sqlite3_io_methods* methods);
// To be given an xOpen, and registered. What works on names alone is the default VFS' own.
sqlite3_vfs ForwardingVfs(const char* name);

}  // namespace aigc::testing
