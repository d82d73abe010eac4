// Everything about one task: what was asked, every submission and send, what came back, and how the
// task got to where it is. Shown by `show`. Pure functions, any thread.
#pragma once

#include <string>
#include <vector>

#include "store/store.h"

namespace aigc::report {

// `stories`: the generations of one task, newest first; not empty. Foreign text cannot move the
// cursor or change colours. Base64 in request bodies is abbreviated. `currency` is the batch's.
std::string RenderStory(const std::vector<store::TaskStory>& stories,
                        const std::string& currency = "");

// What StoryJson() has under "generations": a JSON list on one line.
std::string GenerationsJson(const std::vector<store::TaskStory>& stories,
                            const std::string& currency = "");

// The same as one JSON object on one line, without line end; request bodies are embedded as JSON.
std::string StoryJson(const std::vector<store::TaskStory>& stories,
                      const std::string& currency = "");

}  // namespace aigc::report
