#include "simulator/request_fields.h"

namespace aigc::simulator {
namespace {

using Type = FieldType;

constexpr std::string_view kOnOff[] = {"Enabled", "Disabled"};
constexpr std::string_view kStorage[] = {"Temporary", "Permanent"};
constexpr std::string_view kPerson[] = {"AllowAdult", "Disallowed"};
constexpr std::string_view kFormat[] = {"jpeg", "png"};
constexpr std::string_view kVideoRegion[] = {"Mainland", "Oversea"};
constexpr std::string_view kImageRegion[] = {"Mainland", "Oversea", "OverseaUSWest"};
constexpr std::string_view kFileType[] = {"File", "Url", "Base64"};
constexpr std::string_view kCategory[] = {"Image", "Video", "Audio"};
constexpr std::string_view kUsage[] = {"FirstFrame", "LastFrame", "Reference"};
constexpr std::string_view kVideoReference[] = {"asset", "style",   "feature",
                                                "base",  "subject", "background"};
constexpr std::string_view kImageReference[] = {"mask"};
// With the names that only older documents list (H2): those pass the submit too.
constexpr std::string_view kVideoModels[] = {"Kling", "Vidu", "Hailuo",   "Hunyuan", "Mingmou",
                                             "GV",    "OS",   "PixVerse", "H2"};
constexpr std::string_view kImageModels[] = {"OG", "GG", "Hunyuan", "Vidu", "Kling", "Mingmou"};
constexpr std::string_view kVideoScenes[] = {"motion_control", "avatar_i2v", "lip_sync",
                                             "template_effect", "3d_scene"};
constexpr std::string_view kImageScenes[] = {"3d_panorama", "image_expand"};
constexpr std::string_view kStatus[] = {"WAITING", "PROCESSING", "FINISH"};
constexpr std::string_view kSortField[] = {"CreateTime", "FinishTime"};
constexpr std::string_view kOrder[] = {"Asc", "Desc"};

constexpr std::string_view kNoDate = "0000-00-00T00:00:00Z";

// Makers for the tables below. "Echo" fields come back in Input, "Only" ones do not.
constexpr Field Echo(std::string_view name, std::span<const std::string_view> values = {},
                     std::string_view echo_default = {}) {
  return {name, Type::kString, false, true, true, echo_default, values, {}};
}
constexpr Field EchoAs(std::string_view name, Type type, std::span<const Field> members = {}) {
  return {name, type, false, true, true, {}, {}, members};
}
constexpr Field Only(std::string_view name, Type type = Type::kString, bool required = false,
                     std::span<const std::string_view> values = {},
                     std::span<const Field> members = {}) {
  return {name, type, required, false, true, {}, values, members};
}
constexpr Field Model(std::string_view name, std::span<const std::string_view> values = {}) {
  return {name, Type::kString, true, true, true, {}, values, {}};
}
constexpr Field EchoOnly(std::string_view name) {
  return {name, Type::kString, false, true, false, {}, {}, {}};
}

constexpr Field kVideoFile[] = {
    Echo("Type", kFileType),
    Echo("Category", kCategory),
    Echo("FileId"),
    Echo("Url"),
    Echo("Base64"),
    Echo("ReferenceType", kVideoReference),
    Echo("ObjectId"),
    Echo("VoiceId"),
    Echo("KeepOriginalSound", kOnOff),
    Echo("Usage", kUsage),
    Echo("Text"),
};
constexpr Field kSubject[] = {
    Echo("Id"),
    Echo("Name"),
    Echo("VoiceId"),
    EchoAs("ImageUrls", Type::kStrings),
    EchoAs("VideoUrls", Type::kStrings),
};
constexpr Field kVideoOutput[] = {
    Echo("StorageMode", kStorage, "Temporary"),
    Echo("MediaName"),
    EchoAs("ClassId", Type::kInt),
    Echo("ExpireTime", {}, kNoDate),
    EchoAs("Duration", Type::kNumber),
    Echo("Resolution"),
    Echo("AspectRatio"),
    Echo("AudioGeneration", kOnOff),
    Echo("PersonGeneration", kPerson),
    Echo("InputComplianceCheck", kOnOff),
    Echo("OutputComplianceCheck", kOnOff),
    Echo("EnhanceSwitch", kOnOff),
    Echo("OffPeak", kOnOff),
    Echo("FrameInterpolate", kOnOff),
    Echo("LogoAdd", kOnOff),
    Echo("EnableBGM", kOnOff),
};
constexpr Field kCreateVideo[] = {
    Only("SubAppId", Type::kInt, true),
    Model("ModelName", kVideoModels),
    Model("ModelVersion"),
    EchoAs("FileInfos", Type::kObjects, kVideoFile),
    EchoAs("SubjectInfos", Type::kObjects, kSubject),
    Echo("LastFrameFileId"),
    Echo("LastFrameUrl"),
    Echo("Prompt"),
    Echo("NegativePrompt"),
    Echo("EnhancePrompt", kOnOff),
    EchoOnly("GenerationMode"),
    EchoAs("OutputConfig", Type::kObject, kVideoOutput),
    Echo("InputRegion", kVideoRegion),
    Echo("SceneType", kVideoScenes),
    EchoAs("Seed", Type::kInt),
    Only("Procedure"),
    Only("SessionId"),
    Only("SessionContext"),
    Only("TasksPriority", Type::kInt),
    Only("ExtInfo"),
};

constexpr Field kImageFile[] = {
    Echo("Type", kFileType), Echo("FileId"), Echo("Url"),
    Echo("Base64"),          Echo("Text"),   Echo("ReferenceType", kImageReference),
};
constexpr Field kImageOutput[] = {
    Echo("StorageMode", kStorage, "Temporary"),
    Echo("MediaName"),
    EchoAs("ClassId", Type::kInt),
    Echo("ExpireTime", {}, kNoDate),
    Echo("Resolution"),
    Echo("AspectRatio"),
    Echo("PersonGeneration", kPerson),
    Echo("InputComplianceCheck", kOnOff),
    Echo("OutputComplianceCheck", kOnOff),
    EchoAs("OutputImageCount", Type::kInt),
    Echo("OutputFormat", kFormat),
    Echo("LogoAdd", kOnOff),
};
constexpr Field kCreateImage[] = {
    Only("SubAppId", Type::kInt, true),
    Model("ModelName", kImageModels),
    Model("ModelVersion"),
    EchoAs("FileInfos", Type::kObjects, kImageFile),
    Echo("Prompt"),
    Echo("NegativePrompt"),
    Echo("EnhancePrompt", kOnOff),
    EchoOnly("GenerationMode"),
    EchoAs("OutputConfig", Type::kObject, kImageOutput),
    EchoAs("Seed", Type::kInt),
    Echo("SceneType", kImageScenes),
    Only("InputRegion", Type::kString, false, kImageRegion),
    Only("SessionId"),
    Only("SessionContext"),
    Only("TasksPriority", Type::kInt),
    Only("ExtInfo"),
};

constexpr Field kDetail[] = {Only("TaskId", Type::kString, true), Only("SubAppId", Type::kInt)};
constexpr Field kRange[] = {Only("After"), Only("Before")};
constexpr Field kSort[] = {Only("Field", Type::kString, true, kSortField),
                           Only("Order", Type::kString, true, kOrder)};
constexpr Field kList[] = {
    Only("SubAppId", Type::kInt),
    Only("Status", Type::kString, false, kStatus),
    Only("FileId"),
    Only("CreateTime", Type::kObject, false, {}, kRange),
    Only("FinishTime", Type::kObject, false, {}, kRange),
    Only("Sort", Type::kObject, false, {}, kSort),
    Only("Limit", Type::kInt),
    Only("ScrollToken"),
};
// OperationType is checked by the action itself, which has its own code for it.
constexpr Field kManage[] = {Only("TaskId", Type::kString, true),
                             Only("OperationType", Type::kString, true),
                             Only("SubAppId", Type::kInt)};
// What the console lists as images (reference 9.1; webp is not confirmed there but is taken here),
// and the videos and sounds of 3.2 and 3.5.
constexpr std::string_view kMediaType[] = {"jpg", "jpeg", "png", "gif", "bmp", "tiff", "webp",
                                           "mp4", "mov",  "avi", "mp3", "wav", "m4a",  "aac"};
constexpr Field kApplyUpload[] = {
    Only("SubAppId", Type::kInt, true),
    Only("MediaType", Type::kString, true, kMediaType),
    Only("MediaName"),
    Only("ExpireTime"),
    Only("StorageRegion"),
    Only("ClassId", Type::kInt),
    Only("SourceContext"),
    Only("SessionContext"),
    Only("Procedure"),
    Only("CoverType"),
};
constexpr Field kCommitUpload[] = {Only("SubAppId", Type::kInt, true),
                                   Only("VodSessionKey", Type::kString, true)};

}  // namespace

std::span<const Field> CreateVideoFields() { return kCreateVideo; }
std::span<const Field> CreateImageFields() { return kCreateImage; }
std::span<const Field> DetailFields() { return kDetail; }
std::span<const Field> ListFields() { return kList; }
std::span<const Field> ManageFields() { return kManage; }
std::span<const Field> ApplyUploadFields() { return kApplyUpload; }
std::span<const Field> CommitUploadFields() { return kCommitUpload; }

}  // namespace aigc::simulator
