#include "simulator/outcome.h"

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"
#include "simulator/chance.h"
#include "simulator/media.h"

namespace aigc::simulator {
namespace {

constexpr Millis kVendorFailure{6000};  // seen: 4 to 8 s until a vendor's refusal shows

Millis Faster(Millis time, double speed) {
  return Millis{static_cast<std::int64_t>(static_cast<double>(time.count()) / speed)};
}

Span TimeSpan(const Scenario& scenario, const CreateRequest& request) {
  for (const ModelTime& entry : scenario.model_times) {
    if (entry.model == request.model || entry.model == request.model + " " + request.version) {
      return entry.time;
    }
  }
  return request.kind == Kind::kVideo ? scenario.video_time : scenario.image_time;
}

Outcome Failure(std::string_view code, std::string message) {
  Outcome outcome;
  outcome.err_code = 70000;
  outcome.err_code_ext = std::string(code);
  outcome.message = std::move(message);
  return outcome;
}

Outcome OverLimit(Kind kind) {
  return Failure("RequestLimitExceeded",
                 kind == Kind::kVideo
                     ? "CreateAigcVideoTask process return rsp err:{RequestLimitExceeded the task "
                       "reached the maximum concurrency}"
                     : "CreateAigcImageTask process return rsp err:{RequestLimitExceeded "
                       "GenerateImage task reached the maximum concurrency}");
}

// Combinations the service takes in and the model's vendor then refuses, with the vendor's words as
// recorded (reference 7.4); empty when there is none.
std::string VendorRefusal(const CreateRequest& request) {
  if (request.kind != Kind::kVideo) return "";
  if (request.model == "Hailuo" && request.version == "2.3-fast" && !request.has_inputs) {
    return "task failed with status: FAIL, message: create gen_video task failed. ret:2013,msg:"
           "invalid params, model MiniMax-Hailuo-2.3-Fast does not support Text-to-Video mode";
  }
  std::size_t length =
      request.model == "Hailuo" && request.version == "H3" ? CountCodePoints(request.prompt) : 0;
  if (length > 7000) {
    return "content[0].text too long: " + std::to_string(length) + " > 7000 characters (2013)";
  }
  if (request.model == "PixVerse" && request.version == "v5.6" && request.resolution == "1080p" &&
      request.duration > 8) {
    return "1080p does not support durations longer than 8 seconds";
  }
  return "";
}

// The faults that strike tasks.
void Strike(const Fault& fault, double speed, LedgerTask& task) {
  switch (fault.kind) {
    case FaultKind::kFail:
      task.outcome = Failure(fault.err_code_ext, fault.message);
      task.outcome.err_code = fault.err_code;
      task.takes = std::min(*task.takes, Faster(kVendorFailure, speed));
      break;
    case FaultKind::kEmptyOutput:
      task.outcome.empty_output = true;
      break;
    case FaultKind::kInnerFail:
      task.outcome = Failure("ModelGenerateFailed",
                             fault.message.empty() ? "model generation failed" : fault.message);
      task.outcome.inner_fail = true;
      break;
    case FaultKind::kNeverFinish:
      task.takes.reset();
      break;
    case FaultKind::kWaiting:
      task.waits = Faster(fault.delay, speed);
      break;
    case FaultKind::kTakes:
      task.takes = Faster(fault.delay, speed);
      break;
    case FaultKind::kPolls:
      task.waiting_polls = fault.waiting_polls;
      task.processing_polls = fault.processing_polls;
      break;
    case FaultKind::kNullTask:
      task.null_polls = static_cast<int>(std::min<std::uint64_t>(fault.count, 1'000'000));
      break;
    case FaultKind::kThrottle:
    case FaultKind::kRefuse:
    case FaultKind::kDropBefore:
    case FaultKind::kDropAfter:
    case FaultKind::kHttp:
    case FaultKind::kGarbage:
    case FaultKind::kSlow:
    case FaultKind::kOverLimit:  // comes in as is_over_limit
    case FaultKind::kFileLength:
    case FaultKind::kFileCut:
    case FaultKind::kFileStatus:
    case FaultKind::kFileExpired:
    case FaultKind::kFileSlow:
    case FaultKind::kFileNoRange:
    case FaultKind::kFileNewETag:
      break;
  }
}

int OutputCount(const Scenario& scenario, const CreateRequest& request) {
  if (request.kind == Kind::kVideo) return scenario.video_outputs;
  if (scenario.image_outputs) return *scenario.image_outputs;
  // Only these two families heed the number; OG makes eight at most.
  if (request.model == "Kling") return static_cast<int>(request.output_count);
  if (request.model == "OG")
    return static_cast<int>(std::min<std::int64_t>(request.output_count, 8));
  return 1;
}

Product ProductOf(const CreateRequest& request) {
  Product product;
  product.shape = ShapeOf(request.aspect_ratio);
  product.suffix = request.kind == Kind::kVideo      ? "mp4"
                   : request.output_format == "jpeg" ? "jpg"
                                                     : "png";
  product.permanent = request.permanent;
  product.media_name = request.media_name;
  product.class_id = request.class_id;
  product.seconds = request.duration;
  return product;
}

}  // namespace

void Decide(const Scenario& scenario, const CreateRequest& request, const Fault* fault,
            bool is_over_limit, std::uint64_t draw, LedgerTask& task) {
  Span span = TimeSpan(scenario, request);
  auto extra = static_cast<double>((span.max - span.min).count()) * Unit(draw);
  task.takes = Faster(span.min + Millis{static_cast<std::int64_t>(extra)}, scenario.speed);
  task.product = ProductOf(request);
  if (is_over_limit) {
    task.over_limit = true;
    task.outcome = OverLimit(request.kind);
    task.takes = Faster(scenario.limits.fail_after, scenario.speed);
    return;
  }
  if (std::string refusal = VendorRefusal(request); !refusal.empty()) {
    task.outcome = Failure("InternalError", std::move(refusal));
    task.takes = std::min(*task.takes, Faster(kVendorFailure, scenario.speed));
  }
  if (fault) Strike(*fault, scenario.speed, task);
  if (!task.outcome.ok() || task.outcome.empty_output) return;
  for (int i = 0; i < OutputCount(scenario, request); ++i) {
    auto output = static_cast<std::size_t>(i);
    Media media = MakeMedia(task.product.suffix, task.product.shape, MediaLabel(task, output));
    task.files.push_back({FilePath(task, output), media.bytes.size(), Sha256Hex(media.bytes)});
  }
}

std::string FilePath(const LedgerTask& task, std::size_t output) {
  return "/files/" + task.task_id + "/" + std::to_string(output) + "-" + std::to_string(task.link) +
         "/aigc" + (task.kind == Kind::kVideo ? "Video" : "Image") + "GenFile." +
         task.product.suffix;
}

std::string MediaLabel(const LedgerTask& task, std::size_t output) {
  return task.task_id + "/" + std::to_string(output);
}

}  // namespace aigc::simulator
