#include "simulator/answers.h"

#include "base/json_writer.h"
#include "base/text.h"
#include "simulator/chance.h"
#include "simulator/media.h"
#include "simulator/outcome.h"

namespace aigc::simulator {
namespace {

// Task objects of other kinds, always null here, in the service's order around the two of ours.
constexpr std::string_view kMembersBefore[] = {
    "ProcedureTask",
    "EditMediaTask",
    "WechatPublishTask",
    "ComposeMediaTask",
    "SplitMediaTask",
    "WechatMiniProgramPublishTask",
    "PullUploadTask",
    "TranscodeTask",
    "ConcatTask",
    "ClipTask",
    "CreateImageSpriteTask",
    "SnapshotByTimeOffsetTask",
    "RemoveWatermarkTask",
    "RebuildMediaTask",
    "ExtractTraceWatermarkTask",
    "ExtractCopyRightWatermarkTask",
    "ReviewAudioVideoTask",
    "ReduceMediaBitrateTask",
    "DescribeFileAttributesTask",
    "QualityInspectTask",
    "QualityEnhanceTask",
    "ComplexAdaptiveDynamicStreamingTask",
    "ProcessMediaByMPSTask",
};
constexpr std::string_view kMembersAfter[] = {
    "ImportMediaKnowledge",      "SceneAigcImageTask",
    "SceneAigcVideoTask",        "ProcessImageAsyncTask",
    "ExtractBlindWatermarkTask", "CreateAigcAdvancedCustomElementTask",
    "CreateAigcCustomVoiceTask", "CreateAigcSubjectTask",
    "AigcVideoRedrawTask",       "AigcAudioTask",
    "CreateAigcAudioCloneTask",  "DescribeAigcFaceInfoAsyncTask",
};

constexpr std::string_view kNotYet = "0001-01-01T00:00:00Z";

std::string TimeOrNotYet(const std::optional<WallTime>& time) {
  return time ? FormatIso(*time) : std::string(kNotYet);
}

std::string_view TaskType(Kind kind) {
  return kind == Kind::kVideo ? "AigcVideoTask" : "AigcImageTask";
}

std::string Finish(JsonWriter& json, std::string_view request_id) {
  json.Key("RequestId").String(request_id).EndObject().EndObject();
  return json.Take();
}

void BeginResponse(JsonWriter& json) { json.BeginObject().Key("Response").BeginObject(); }

void WriteMetaData(JsonWriter& json, const LedgerTask& task, const ResultFile& file) {
  ClipMeasures media = MeasureClip(task.product.shape);
  auto bit_rate = static_cast<std::int64_t>(static_cast<double>(file.bytes * 8) / media.seconds);
  json.BeginObject();
  json.Key("Size").Int(static_cast<std::int64_t>(file.bytes));
  json.Key("Container").String("mov,mp4,m4a,3gp,3g2,mj2");
  json.Key("Bitrate").Int(bit_rate).Key("Height").Int(media.height).Key("Width").Int(media.width);
  json.Key("Duration").Double(media.seconds).Key("Rotate").Int(0);
  json.Key("VideoStreamSet").BeginArray().BeginObject();
  json.Key("Bitrate").Int(bit_rate).Key("Height").Int(media.height).Key("Width").Int(media.width);
  json.Key("Codec").String("h264").Key("Fps").Int(media.frames_per_second);
  json.Key("CodecTag").String("avc1").Key("DynamicRangeInfo").BeginObject();
  json.Key("Type").String("SDR").Key("HDRType").String("").EndObject();
  json.EndObject().EndArray();
  json.Key("AudioStreamSet").BeginArray().EndArray();
  json.Key("VideoDuration").Double(media.seconds).Key("AudioDuration").Int(0);
  json.Key("Md5").String("");
  json.EndObject();
}

// A number as the service's file ids are, from the task's own id.
std::string FileId(const LedgerTask& task, std::size_t output) {
  return "5576678" + std::to_string(1'000'000'000'000 +
                                    Mix(task.number, kForFileId, output) % 1'000'000'000'000);
}

void WriteFile(JsonWriter& json, const LedgerTask& task, std::size_t output,
               const DetailStyle& style) {
  const Product& product = task.product;
  bool is_video = task.kind == Kind::kVideo;
  json.BeginObject();
  json.Key("StorageMode").String(product.permanent ? "Permanent" : "Temporary");
  json.Key("MediaName").String(product.permanent ? product.media_name : "");
  json.Key("ClassId").Int(product.permanent ? product.class_id : 0);
  json.Key("ExpireTime")
      .String(product.permanent ? "9999-12-31T23:59:59Z" : TimeOrNotYet(task.link_expires_at));
  json.Key("FileType").String(product.permanent ? product.suffix : "");
  json.Key("FileUrl").String(std::string(style.file_base_url) + FilePath(task, output));
  if (is_video) json.Key("FileContent").String("");
  json.Key("FileId").String(product.permanent ? FileId(task, output) : "");
  json.Key("MetaData");
  if (is_video) {
    WriteMetaData(json, task, task.files[output]);
    json.Key("UsageType").String("");
  } else {
    json.Null();
  }
  if (style.unknown_members) json.Key("FutureField").String("x");
  json.EndObject();
}

void WriteOutput(JsonWriter& json, const LedgerTask& task, const DetailStyle& style) {
  json.BeginObject().Key("FileInfos").BeginArray();
  for (std::size_t i = 0; i < task.files.size(); ++i) WriteFile(json, task, i, style);
  json.EndArray();
  if (task.kind == Kind::kVideo) {
    double seconds = task.files.empty() ? 0 : task.product.seconds;
    json.Key("ProcedureTaskIds").BeginArray().EndArray().Key("Usage").BeginObject();
    for (std::string_view none :
         {"InputTokens", "ThoughtTokens", "InputImageCount", "InputSeconds"}) {
      json.Key(none).Int(0);
    }
    json.Key("OutputSeconds").Double(seconds).Key("TotalSeconds").Double(seconds).EndObject();
  }
  json.EndObject();
}

void WriteTask(JsonWriter& json, const LedgerTask& task, const DetailStyle& style) {
  bool is_done = task.phase == Phase::kFinished;
  json.BeginObject();
  json.Key("TaskId").String(task.task_id);
  json.Key("Status").String(!is_done ? "PROCESSING" : task.outcome.inner_fail ? "FAIL" : "FINISH");
  json.Key("ErrCode").Int(is_done ? task.outcome.err_code : 0);
  json.Key("ErrCodeExt").String(is_done ? task.outcome.err_code_ext : "");
  json.Key("Message").String(is_done ? task.outcome.message : "");
  json.Key("Progress").Int(is_done ? 100 : 0);
  json.Key("Input").Raw(task.input_json);
  json.Key("Output");
  if (is_done) {
    WriteOutput(json, task, style);
  } else {
    json.Null();
  }
  json.Key("SessionId").String(task.session_id);
  json.Key("SessionContext").String(task.session_context);
  if (style.unknown_members) json.Key("FutureField").Int(1);
  json.EndObject();
}

}  // namespace

std::string ErrorBody(const ApiError& error, std::string_view request_id) {
  JsonWriter json;
  BeginResponse(json);
  json.Key("Error").BeginObject().Key("Code").String(error.code);
  json.Key("Message").String(error.message).EndObject();
  return Finish(json, request_id);
}

std::string CreatedBody(std::string_view task_id, std::string_view request_id) {
  JsonWriter json;
  BeginResponse(json);
  json.Key("TaskId").String(task_id);
  return Finish(json, request_id);
}

std::string EmptyBody(std::string_view request_id) {
  JsonWriter json;
  BeginResponse(json);
  return Finish(json, request_id);
}

std::string DetailBody(const LedgerTask& task, const DetailStyle& style,
                       std::string_view request_id) {
  JsonWriter json;
  BeginResponse(json);
  json.Key("TaskType").String(TaskType(task.kind)).Key("Status").String(Name(task.phase));
  json.Key("CreateTime").String(FormatIso(task.accepted_at));
  json.Key("BeginProcessTime").String(TimeOrNotYet(task.began_at));
  json.Key("FinishTime").String(TimeOrNotYet(task.finished_at));
  for (std::string_view name : kMembersBefore) json.Key(name).Null();
  bool has_task = task.phase != Phase::kAborted && !style.null_task;
  for (Kind kind : {Kind::kImage, Kind::kVideo}) {
    json.Key(TaskType(kind));
    if (has_task && kind == task.kind) {
      WriteTask(json, task, style);
    } else {
      json.Null();
    }
  }
  for (std::string_view name : kMembersAfter) json.Key(name).Null();
  if (style.unknown_members) json.Key("SomeFutureTask").BeginObject().EndObject();
  return Finish(json, request_id);
}

std::string ListBody(std::span<const LedgerTask* const> page, std::string_view scroll_token,
                     const ListStyle& style, std::string_view request_id) {
  JsonWriter json;
  BeginResponse(json);
  json.Key("TaskSet").BeginArray();
  for (const LedgerTask* task : page) {
    std::string type(TaskType(task->kind));
    json.BeginObject();
    json.Key("TaskId").String(task->task_id).Key("Status").String(Name(task->phase));
    json.Key("FileId").String("");
    json.Key("TaskType").String(style.lower_case_type ? ToLower(type) : type);
    json.Key("CreateTime").String(FormatIso(task->accepted_at));
    json.Key("BeginProcessTime").String(TimeOrNotYet(task->began_at));
    json.Key("FinishTime").String(TimeOrNotYet(task->finished_at));
    json.Key("SessionId").String(task->session_id);
    json.Key("SessionContext").String(task->session_context);
    if (style.unknown_members) json.Key("FutureField").Int(1);
    json.EndObject();
  }
  json.EndArray().Key("ScrollToken").String(scroll_token);
  return Finish(json, request_id);
}

std::string GarbageBody(Garbage garbage, std::string_view request_id, std::uint64_t& filler_bytes) {
  filler_bytes = 0;
  switch (garbage) {
    case Garbage::kHtml:
      return "<html><head><title>Welcome</title></head><body>Please sign in to the network.</body>"
             "</html>\n";
    case Garbage::kTruncatedJson:
      return "{\"Response\":{\"TaskId\":\"1500000001-AigcVideoTask-c4ca42";
    case Garbage::kDeepJson:
      return std::string(100'000, '[') + std::string(100'000, ']');
    case Garbage::kHuge:
      filler_bytes = 200'000'000;
      return "{\"Response\":";
    case Garbage::kEmpty:
      return "";
    case Garbage::kNoTaskId:
      return EmptyBody(request_id);
  }
  return "";
}

std::string AppliedBody(const LedgerUpload& upload, std::string_view bucket,
                        std::string_view region, std::string_view request_id) {
  JsonWriter json;
  BeginResponse(json);
  json.Key("StorageBucket").String(bucket).Key("StorageRegion").String(region);
  json.Key("VodSessionKey").String(upload.session_key);
  json.Key("MediaStoragePath").String(upload.path).Key("CoverStoragePath").String("");
  json.Key("TempCertificate");
  if (upload.keys.secret_id.empty()) {
    json.Null();
  } else {
    json.BeginObject().Key("SecretId").String(upload.keys.secret_id);
    json.Key("SecretKey").String(upload.keys.secret_key.Reveal());
    json.Key("Token").String(upload.keys.token.Reveal());
    json.Key("ExpiredTime").Int(ToUnixSeconds(upload.keys_expire)).EndObject();
  }
  return Finish(json, request_id);
}

std::string CommittedBody(const LedgerUpload& upload, std::string_view request_id) {
  JsonWriter json;
  BeginResponse(json);
  json.Key("FileId").String(upload.file_id);
  json.Key("MediaUrl").String("http://vod.example" + upload.path);
  json.Key("CoverUrl").String("");
  return Finish(json, request_id);
}

}  // namespace aigc::simulator
