// What one task asks for: the fully expanded form of one entry of a manifest, and the only form the
// rest of the program knows. Made by manifest/, stored as JSON by store/, sent by api/.
//
// Values are as the manifest says them, already normalised (models and resolutions in the service's
// spelling); an absent optional means "not said", which is not the same as a default (the
// fingerprint depends on the difference). Plain values: copyable, no thread rules.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace aigc {

enum class Kind { kVideo, kImage };
std::string_view Name(Kind kind);  // "video", "image"

enum class SourceType {
  kUrl,        // text: the URL
  kFileId,     // text: the VOD file id
  kTask,       // text: the task id, output: which of its outputs (from 1)
  kLocalFile,  // text: path as written, content_sha256 and content_bytes: its bytes (kept in the
               // state's input table)
};

struct Source {
  SourceType type = SourceType::kUrl;
  std::string text;
  std::string key{};               // stands for the source in the fingerprint when not empty
  int output = 1;                  // kTask only
  std::string content_sha256{};    // kLocalFile only, lower-case hex
  std::int64_t content_bytes = 0;  // kLocalFile only
  // kLocalFile only, of a file that does not go inside the request but to the service before it:
  // where it lies (absolute) and what it is ("png"). Empty: inside the request.
  std::string upload_path{};
  std::string upload_type{};
  bool operator==(const Source&) const = default;
};

enum class Category { kImage, kVideo, kAudio };
std::string_view Name(Category category);  // the service's spelling: "Image", "Video", "Audio"

// One entry of the request's FileInfos (reference 3.2). first_frame, last_frame and references of
// the manifest become inputs with usage FirstFrame, LastFrame and Reference, in that order, before
// `inputs`.
struct Input {
  Source source;
  std::string usage{};  // FirstFrame, LastFrame, Reference; empty: not sent
  Category category = Category::kImage;
  std::string reference_type{};
  std::string object_id{};
  std::string voice_id{};
  std::optional<bool> keep_original_sound{};
  std::string text{};
  bool operator==(const Input&) const = default;
};

// Reference 3.4.
struct Subject {
  std::string id, name, voice_id;
  std::vector<std::string> image_urls, video_urls;
  bool operator==(const Subject&) const = default;
};

struct TaskSpec {
  std::string id;
  Kind kind = Kind::kVideo;
  std::string model;    // "Hailuo"
  std::string version;  // "2.3"; text, never a number

  std::string prompt;
  std::string negative_prompt;
  std::optional<bool> enhance_prompt;
  std::vector<Input> inputs;
  std::vector<Subject> subjects;

  std::optional<double> duration;  // seconds
  std::string resolution;
  std::string aspect_ratio;
  std::optional<bool> audio, bgm, enhance, frame_interpolate, off_peak, logo;
  std::string person_generation;  // the service's spelling: AllowAdult, Disallowed
  std::optional<bool> input_compliance_check, output_compliance_check;
  std::optional<int> count;  // images only
  std::string format;        // images only: jpeg, png

  std::string storage;  // Temporary, Permanent; empty: not said
  std::string media_name;
  std::optional<std::int64_t> class_id;
  std::string expire_time;

  std::optional<std::int64_t> seed;
  std::string scene_type;
  std::optional<int> priority;  // -10 … 10
  std::string input_region;
  std::string procedure;
  std::string ext_info;  // the text to send as ExtInfo
  std::string api;       // a JSON object merged last into the request; empty without one

  std::vector<std::string> tags;
  std::vector<std::string> depends_on;
  std::string output_dir;  // relative to the batch's folder; empty: the batch's own
  std::string
      output_filename;  // template with ${id}, ${output}, ${ext} … left in; empty: the batch's own

  bool operator==(const TaskSpec&) const = default;
};

// The spec as one line of JSON, members that are absent left out, always in the same order; and
// back. ParseSpec(SpecJson(s)) == s. ParseSpec fails with kStateDamaged on anything SpecJson did
// not write; members it does not know are ignored, so that a state of an older minor version stays
// readable.
std::string SpecJson(const TaskSpec& spec);
Result<TaskSpec> ParseSpec(std::string_view json);

// What fingerprints of this program begin with. A stored one that begins otherwise was made by
// another version and says nothing until it is computed again from the stored spec.
inline constexpr std::string_view kFingerprintPrefix = "f2:";

// What a spec itself says that shapes the output, as 64 hex digits. Content hashes of local files
// are in, and which outputs of other tasks it reads, but not of which tasks. Of what a catalog
// respells (model, version, resolution, aspect_ratio) capitals do not count: another catalog with
// another spelling must not make paid work anew. Left out, because they
// do not shape the output: id, sub application, priority, off_peak, input_region, storage,
// media_name, class_id, expire_time, procedure, tags, depends_on, output names.
std::string OwnDigest(const TaskSpec& spec);

// Ids of the tasks whose outputs shape this one's, in the order of the inputs. An input with a key
// is not among them, since the key stands for it.
std::vector<std::string> TasksRead(const TaskSpec& spec);

// "f2:" and 32 hex digits (128 bits of SHA-256) over the own digest and the fingerprints of the
// tasks that are read, in the order of TasksRead(); so that a chain of tasks needs no specs in
// memory.
std::string Fingerprint(std::string_view own_digest,
                        const std::vector<std::string>& input_fingerprints);
std::string Fingerprint(const TaskSpec& spec,
                        const std::vector<std::string>& input_fingerprints = {});

}  // namespace aigc
