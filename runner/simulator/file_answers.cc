#include "simulator/file_answers.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/text.h"
#include "simulator/media.h"
#include "simulator/outcome.h"

namespace aigc::simulator {
namespace {

// What "/files/<task id>/<output>-<link>/<name>" asks for.
struct Target {
  std::string_view task_id;
  std::uint32_t output = 0;
  std::uint32_t link = 0;
};

std::optional<std::uint64_t> ReadNumber(std::string_view text) {
  std::uint64_t value = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || problem != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::optional<Target> ReadTarget(std::string_view target) {
  std::vector<std::string_view> parts = Split(target.substr(0, target.find('?')), '/');
  if (parts.size() != 5) return std::nullopt;
  std::vector<std::string_view> numbers = Split(parts[3], '-');
  if (numbers.size() != 2) return std::nullopt;
  auto output = ReadNumber(numbers[0]);
  auto link = ReadNumber(numbers[1]);
  if (!output || !link || *output > 99 || *link > 1'000'000) return std::nullopt;
  return Target{parts[2], static_cast<std::uint32_t>(*output), static_cast<std::uint32_t>(*link)};
}

struct Range {  // [begin, end)
  std::size_t begin = 0;
  std::size_t end = 0;
};

// One range of a Range header. Empty for anything else, which means the whole file; begin == size
// for one that the file cannot satisfy (RFC 9110, 14).
std::optional<Range> ReadRange(std::string_view header, std::size_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (header.substr(0, kUnit.size()) != kUnit) return std::nullopt;
  std::vector<std::string_view> ends = Split(header.substr(kUnit.size()), '-');
  if (ends.size() != 2) return std::nullopt;
  auto first = ReadNumber(ends[0]);
  auto last = ReadNumber(ends[1]);
  if (ends[0].empty()) {  // the last so many
    if (!last) return std::nullopt;
    return Range{*last >= size ? 0 : size - static_cast<std::size_t>(*last), size};
  }
  if (!first || (!ends[1].empty() && !last) || (last && *last < *first)) return std::nullopt;
  if (*first >= size) return Range{size, size};
  return Range{static_cast<std::size_t>(*first),
               last && *last < size ? static_cast<std::size_t>(*last) + 1 : size};
}

HttpResponse Error(int status, std::string_view code, std::string_view message) {
  HttpResponse response;
  response.status = status;
  response.headers.Add("Content-Type", "application/xml");
  response.body.append("<?xml version='1.0' encoding='utf-8' ?>\n<Error><Code>").append(code);
  response.body.append("</Code><Message>").append(message).append("</Message></Error>\n");
  return response;
}

HttpResponse NotFound() { return Error(404, "NoSuchKey", "The specified key does not exist."); }
HttpResponse Expired() { return Error(403, "AccessDenied", "The link has expired."); }

std::optional<WallTime> LinkEnd(const LedgerTask& task, Millis url_life) {
  if (task.link_expires_at) return task.link_expires_at;
  if (task.product.permanent) return std::nullopt;
  return *task.finished_at + url_life;
}

bool IsDead(const LedgerTask& task, Millis url_life, WallTime now) {
  std::optional<WallTime> end = LinkEnd(task, url_life);
  return end && *end <= now;
}

// The file itself, as much of it as was asked for.
HttpResponse Content(const HttpRequest& request, const Media& media, std::string etag,
                     bool has_ranges) {
  HttpResponse response;
  response.headers.Add("Content-Type", std::string(media.content_type));
  if (has_ranges) response.headers.Add("Accept-Ranges", "bytes");
  std::string_view if_range = request.headers.Get("If-Range");
  std::optional<Range> range;
  if (has_ranges && (if_range.empty() || if_range == etag)) {
    range = ReadRange(request.headers.Get("Range"), media.bytes.size());
  }
  response.headers.Add("ETag", std::move(etag));
  std::string size = std::to_string(media.bytes.size());
  if (!range) {
    response.body = media.bytes;
  } else if (range->begin >= range->end) {
    response.status = 416;
    response.headers.Add("Content-Range", "bytes */" + size);
  } else {
    response.status = 206;
    response.headers.Add("Content-Range", "bytes " + std::to_string(range->begin) + "-" +
                                              std::to_string(range->end - 1) + "/" + size);
    response.body = media.bytes.substr(range->begin, range->end - range->begin);
  }
  return response;
}

Reply Strike(const Fault& fault, const HttpRequest& request, Media media, std::string etag,
             LedgerTask& task, WallTime now) {
  Reply reply;
  switch (fault.kind) {
    case FaultKind::kFileLength:
      media.bytes.resize(media.bytes.size() - media.bytes.size() / 3);
      break;
    case FaultKind::kFileCut:
      reply.cut_after_bytes = static_cast<std::size_t>(fault.count);
      break;
    case FaultKind::kFileStatus:
      reply.response = Error(fault.status, fault.status == 403 ? "AccessDenied" : "InternalError",
                             "scripted by the scenario");
      return reply;
    case FaultKind::kFileExpired:
      task.link_expires_at = now;
      reply.response = Expired();
      return reply;
    case FaultKind::kFileSlow:
      reply.delay = fault.delay;
      break;
    case FaultKind::kFileNewETag:
      etag.insert(1, "new-");
      break;
    case FaultKind::kFileNoRange:
    case FaultKind::kThrottle:
    case FaultKind::kRefuse:
    case FaultKind::kDropBefore:
    case FaultKind::kDropAfter:
    case FaultKind::kHttp:
    case FaultKind::kGarbage:
    case FaultKind::kSlow:
    case FaultKind::kFail:
    case FaultKind::kEmptyOutput:
    case FaultKind::kInnerFail:
    case FaultKind::kNeverFinish:
    case FaultKind::kWaiting:
    case FaultKind::kTakes:
    case FaultKind::kPolls:
    case FaultKind::kNullTask:
    case FaultKind::kOverLimit:
      break;
  }
  reply.response = Content(request, media, std::move(etag), fault.kind != FaultKind::kFileNoRange);
  return reply;
}

Reply Answer(const HttpRequest& request, Millis url_life, Ledger& ledger, FaultScript& script,
             ActionCounts& counts, WallTime now) {
  Reply reply;
  std::optional<Target> target = ReadTarget(request.target);
  LedgerTask* task = target ? ledger.FindMutable(target->task_id) : nullptr;
  if (!task || task->phase != Phase::kFinished || target->output >= task->files.size() ||
      target->link > task->link) {
    reply.response = NotFound();
    return reply;
  }
  if (target->link < task->link || IsDead(*task, url_life, now)) {
    reply.response = Expired();
    return reply;
  }
  Media media =
      MakeMedia(task->product.suffix, task->product.shape, MediaLabel(*task, target->output));
  std::string etag = "\"" + task->files[target->output].sha256.substr(0, 32) + "\"";
  const Fault* fault = script.ForFile({task->model, task->version, "", task->session_id});
  if (fault) {
    ++counts.faults;
    return Strike(*fault, request, std::move(media), std::move(etag), *task, now);
  }
  reply.response = Content(request, media, std::move(etag), true);
  return reply;
}

}  // namespace

void RefreshLink(LedgerTask& task, Millis url_life, WallTime now) {
  if (task.phase != Phase::kFinished) return;
  if (IsDead(task, url_life, now)) {
    ++task.link;
    task.link_expires_at.reset();
    if (!task.product.permanent) task.link_expires_at = now + url_life;
  } else {
    task.link_expires_at = LinkEnd(task, url_life);
  }
}

Reply AnswerFile(const HttpRequest& request, Millis url_life, Ledger& ledger, FaultScript& script,
                 WallTime now) {
  ActionCounts& counts = ledger.Count("file");
  ++counts.seen;
  Reply reply;
  if (request.method != "GET" && request.method != "HEAD") {
    reply.response = Error(405, "MethodNotAllowed", "The method is not allowed.");
  } else {
    reply = Answer(request, url_life, ledger, script, counts, now);
  }
  ++(reply.response.status < 400 ? counts.accepted : counts.refused);
  if (reply.cut_after_bytes) ++counts.dropped_after;
  return reply;
}

}  // namespace aigc::simulator
