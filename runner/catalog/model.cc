#include "catalog/model.h"

namespace aigc::catalog {

std::string_view Name(Standing standing) {
  switch (standing) {
    case Standing::kListed:
      return "listed";
    case Standing::kUnlisted:
      return "unlisted";
    case Standing::kRemoved:
      return "removed";
  }
  return "listed";
}

std::string_view Name(Support support) {
  switch (support) {
    case Support::kYes:
      return "yes";
    case Support::kNo:
      return "no";
    case Support::kConditional:
      return "conditional";
    case Support::kConflicting:
      return "conflicting";
    case Support::kUnknown:
      return "unknown";
    case Support::kSubjectsOnly:
      return "subjects_only";
    case Support::kMotionControlOnly:
      return "motion_control_only";
  }
  return "unknown";
}

std::string_view Name(Mode mode) {
  switch (mode) {
    case Mode::kTextToVideo:
      return "text_to_video";
    case Mode::kFirstFrame:
      return "first_frame";
    case Mode::kFirstLastFrame:
      return "first_last_frame";
    case Mode::kReference:
      return "reference";
    case Mode::kVideoInput:
      return "video_input";
  }
  return "text_to_video";
}

}  // namespace aigc::catalog
