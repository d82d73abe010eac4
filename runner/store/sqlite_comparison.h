// The Comparison over SQLite. Walks the state's current tasks in the manifest's order beside the
// manifest and looks an id up only where the two differ; what differs is kept in temporary tables
// of the connection, and results are paired with ids when everything is listed. Private to this
// room.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "store/comparison.h"
#include "store/sqlite_database.h"
#include "store/sqlite_query.h"
#include "store/stored_fingerprints.h"

namespace aigc::store {

class SqliteComparison final : public Comparison {
 public:
  explicit SqliteComparison(Database& database) : database_(database), fingerprints_(database) {}
  ~SqliteComparison() override;
  // Once, first.
  Status Begin();

  Result<Compared> Add(const Candidate& candidate) override;
  Result<ComparisonCounts> Finish() override;
  Result<Compared> At(std::int64_t position) override;
  void Rewind() override;
  Status ForEachRenamed(const std::function<Status(std::int64_t key)>& visit) override;
  Status ForEachLeftOut(const std::function<Status(const LeftOut&)>& visit) override;

 private:
  struct Row {
    std::int64_t key = 0, position = 0;
    std::string id, fingerprint, spec_json;
    TaskState state = TaskState::kPending;
    bool listed = true, sent = false;
  };
  // A line of the table `differing`.
  struct Difference {
    std::int64_t position = 0;
    Compared compared;
  };

  Result<std::optional<Row>> Next(const Candidate& candidate);
  Result<Row> ReadRow(const Query& query);
  Result<std::optional<Row>> Step();
  Result<std::optional<Row>> LookUp(const Candidate& candidate);
  Result<Compared> Judge(const Candidate& candidate, std::optional<Row> row);
  Result<std::optional<Row>> EarlierGeneration(const Candidate& candidate);
  void Record(const Candidate& candidate, const Compared& compared);
  // Pairs listed tasks that have no result yet with rows of the state that no listed task has.
  Status Pair();
  Status OfferFreeRows();
  Status Offer(const Query& row);
  void MarkMet(std::int64_t key) { met_[static_cast<std::size_t>(key)] = true; }
  bool Met(std::int64_t key) const { return met_[static_cast<std::size_t>(key)]; }
  void EndReading() noexcept;

  Database& database_;
  StoredFingerprints fingerprints_;
  bool reading_ = false;  // a transaction of our own is open
  bool with_specs_ = false;
  std::int64_t current_rows_ = 0, old_rows_ = 0;  // of the state, when the comparison began
  std::int64_t position_ = 0;
  std::int64_t met_current_ = 0;
  std::vector<bool> met_;  // by key: current rows that belong to a listed id, or moved to one
  std::unordered_set<std::int64_t> back_;  // rows of earlier generations that count again
  ComparisonCounts counts_;

  std::unique_ptr<Query> walk_;  // over the state, in the manifest's order
  std::optional<Row> ahead_;     // its next row
  bool walked_ = false;          // there is no next row
  std::int64_t walk_after_ = 0;  // where to go on when walk_ is null

  std::unique_ptr<Query> differences_;  // of At()
  std::optional<Difference> difference_;
  bool differences_read_ = false;
};

}  // namespace aigc::store
