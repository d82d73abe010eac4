// SqliteStore: local files that are uploaded before the tasks that use them.
#include <fmt/format.h>

#include <utility>

#include "store/sqlite_query.h"
#include "store/sqlite_rows.h"
#include "store/sqlite_store_impl.h"

namespace aigc::store {
namespace {

#define AIGC_SQL_UPLOAD_COLUMNS                                                   \
  " upload.sha256, upload.path, upload.bytes, upload.media_type, upload.file_id," \
  " upload.uploaded_ms, upload.expires_ms, upload.renewals "

UploadRow ReadUpload(const Query& query) {
  UploadRow row;
  row.sha256 = query.Text(0);
  row.path = query.Text(1);
  row.bytes = query.Int64(2);
  row.media_type = query.Text(3);
  row.file_id = query.Text(4);
  row.uploaded_at = query.Time(5);
  row.expires = query.Time(6);
  row.renewals = query.Int(7);
  return row;
}

}  // namespace

Status SqliteStore::PutUpload(const UploadRow& upload) {
  return database_->Write([&]() -> Status {
    Query(*database_,
          "INSERT INTO upload (sha256, path, bytes, media_type, file_id, uploaded_ms, expires_ms,"
          " renewals) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
          " ON CONFLICT DO UPDATE SET path = ?2, bytes = ?3, media_type = ?4, file_id = ?5,"
          " uploaded_ms = ?6, expires_ms = ?7, renewals = ?8")
        .Add(upload.sha256)
        .Add(upload.path)
        .Add(upload.bytes)
        .Add(upload.media_type)
        .Add(upload.file_id)
        .Add(upload.uploaded_at)
        .Add(upload.expires)
        .Add(upload.renewals)
        .Run();
    return {};
  });
}

Result<UploadRow> SqliteStore::Upload(std::string_view sha256) {
  return database_->Read([&]() -> Result<UploadRow> {
    Query query(*database_, "SELECT" AIGC_SQL_UPLOAD_COLUMNS "FROM upload WHERE sha256 = ?1");
    if (query.Add(sha256).Next()) return ReadUpload(query);
    return Error{ErrorCode::kNotFound, fmt::format("the state knows no upload {}", sha256),
                 database_->file()};
  });
}

// From the files, which are few, to the tasks that wait for each.
Result<std::vector<UploadRow>> SqliteStore::NextUploads(std::size_t limit,
                                                        const Selection& selection,
                                                        const std::vector<std::string>& skip) {
  return database_->Read([&]() -> Result<std::vector<UploadRow>> {
    std::vector<UploadRow> uploads;
    Query query(*database_,
                "SELECT" AIGC_SQL_UPLOAD_COLUMNS
                "FROM upload JOIN need ON need.kind = 'file' AND need.name = upload.sha256"
                " AND need.met = 0 JOIN task ON task.key = need.task"
                " WHERE upload.file_id = '' AND NOT one_is(?2, upload.sha256)"
                " AND task.state = 'blocked' AND task.current = 1 AND task.listed = 1"
                " AND" AIGC_SQL_SELECTED
                "GROUP BY upload.sha256 ORDER BY max(task.rank) DESC, min(task.position) LIMIT ?1");
    query.Add(limit).Add(JoinTexts(skip)).AddSelected(selection);
    while (query.Next()) uploads.push_back(ReadUpload(query));
    return uploads;
  });
}

Status SqliteStore::FailWaiting(std::string_view sha256, std::string_view code,
                                std::string_view message, WallTime now, const OnMoved& moved) {
  return database_->Write([&]() -> Status {
    std::vector<std::int64_t> waiting;
    {
      Query query(*database_,
                  "SELECT need.task FROM need JOIN task ON task.key = need.task"
                  " WHERE need.kind = 'file' AND need.name = ?1 AND need.met = 0"
                  " AND task.state = 'blocked' AND task.current = 1 AND task.listed = 1"
                  " ORDER BY task.position");
      query.Add(sha256);
      while (query.Next()) waiting.push_back(query.Int64(0));
    }
    for (const std::int64_t task : waiting) {
      AIGC_ASSIGN_OR_RETURN(TaskRow row, LoadTask(*database_, task));
      if (row.state != TaskState::kBlocked) continue;  // skipped since, for one that failed
      const std::string id = row.id;
      AIGC_RETURN_IF_ERROR(
          Move(std::move(row), TaskState::kFailed, code, message, message, now, moved));
      AIGC_RETURN_IF_ERROR(SkipWaiting(id, now, moved));
    }
    return {};
  });
}

}  // namespace aigc::store
