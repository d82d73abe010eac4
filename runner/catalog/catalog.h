// What the service's models take: versions, durations, resolutions, aspect ratios, inputs. Data,
// not code (data/models.yaml, built in; a user may give a newer copy), because the service changes
// it every few weeks. Used to correct spelling, to find what would fail before it is paid for, and
// by the `models` command.
//
// The catalog may be behind the service. So it never forbids what it merely does not know of:
// unknown models are warnings (the service refuses them before anything is paid), and unknown
// values of known models become warnings on request.
//
// A Catalog is read-only once loaded: any number of threads.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/model.h"
#include "task/task_spec.h"

namespace aigc::catalog {

enum class Severity { kError, kWarning };

struct Finding {
  Severity severity = Severity::kWarning;
  std::string field;  // the manifest's name of the task field; empty: the task as a whole
  std::string message;
  std::string hint{};  // may be empty
};

struct CheckOptions {
  bool allow_unknown = false;  // the manifest's setting: unknown values are warnings, not errors
};

class Catalog {
 public:
  Catalog(std::string as_of, CommonLimits limits, std::vector<Model> models);

  // Without case. Null when absent.
  const Model* Find(Kind kind, std::string_view model, std::string_view version) const;
  // In the order of the file: by kind, then family.
  const std::vector<Model>& models() const { return models_; }
  const CommonLimits& limits() const { return limits_; }
  const std::string& as_of() const { return as_of_; }  // "2026-08-21"

  // Puts model, version, resolution and aspect ratio into the service's spelling (the service may
  // compare with case), and fills in the version of a family that has only one. Leaves what it does
  // not know as it is.
  void Normalise(TaskSpec& spec) const;

  // What speaks against a normalised task, in a fixed order. A task with `api` members gets
  // warnings only, since these may change what was checked. Needs no network; pictures are not
  // opened.
  std::vector<Finding> Check(const TaskSpec& spec, const CheckOptions& options = {}) const;

  // Whether AudioGeneration should be sent for this model even when the task does not say: some
  // versions make sound when it is left out, which costs more.
  bool AudioKnown(Kind kind, std::string_view model, std::string_view version) const;

 private:
  std::string as_of_;
  CommonLimits limits_;
  std::vector<Model> models_;
  std::vector<std::size_t> by_name_;  // in models_, ordered by kind, model and version without case
};

// kInvalid, with file:line:column and the offending name, for anything but a well-formed catalog;
// keys it does not know are errors too, so that a slip of the pen cannot switch a check off.
Result<Catalog> LoadCatalog(std::string_view text, const std::string& file_name);

// The catalog compiled into the program, loaded at the first call. Any thread.
const Result<Catalog>& BuiltIn();

}  // namespace aigc::catalog
