// What a file holds, by its first bytes and not by its name. Pure functions, any thread.
#pragma once

#include <optional>
#include <string_view>

#include "task/task_spec.h"

namespace aigc::manifest {

struct MediaType {
  std::string_view name;             // "PNG", "text"
  std::optional<Category> category;  // none: nothing the service takes inline (reference 3.2)
  std::string_view suffix{};         // "png": what an upload of it is called; empty with category
};

// By content. `name` is "an unknown format" when nothing fits.
MediaType SniffMedia(std::string_view bytes);

// By the suffix of a URL's path (".mp4"); none when it tells nothing.
std::optional<Category> CategoryFromUrl(std::string_view url);

// With its article, for messages: "an image".
std::string_view Phrase(Category category);

}  // namespace aigc::manifest
