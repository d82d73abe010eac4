// A BodySink in memory that can be told to fail.
#pragma once

#include <optional>
#include <string>

#include "base/body_sink.h"
#include "base/digest.h"

namespace aigc::api {

class MemorySink final : public BodySink {
 public:
  MemorySink() = default;
  MemorySink(std::string kept, std::string validator)
      : bytes(std::move(kept)), validator_(std::move(validator)) {}

  Result<ResumePoint> Resume() override {
    if (fail_at == "resume") return Error{ErrorCode::kNoPermission, "no"};
    return ResumePoint{bytes.size(), validator_};
  }
  Status Start(const BodyHead& started) override {
    if (fail_at == "start") return Error{ErrorCode::kIo, "no"};
    head = started;
    bytes.resize(started.offset);
    return {};
  }
  Status Write(std::string_view piece) override {
    if (fail_at == "write") return Error{ErrorCode::kDiskFull, "full"};
    largest_piece = std::max(largest_piece, piece.size());
    bytes += piece;
    return {};
  }
  Result<StoredBody> Finish() override {
    if (fail_at == "finish") return Error{ErrorCode::kInvalid, "length"};
    finished = true;
    return StoredBody{"a.mp4", bytes.size(), Sha256Hex(bytes)};
  }

  std::string bytes;
  std::string fail_at;
  std::optional<BodyHead> head;
  std::size_t largest_piece = 0;
  bool finished = false;

 private:
  std::string validator_;
};

}  // namespace aigc::api
