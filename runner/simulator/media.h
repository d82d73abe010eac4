// Result files that play and show, cheap enough to be made anew for every request: videos are one
// of a few embedded clips with a box of their own behind it, pictures are drawn (PNG) or embedded
// with a comment of their own (JPEG). No two tasks or outputs give the same bytes.
//
// Pure functions, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "simulator/ledger.h"

namespace aigc::simulator {

struct Media {
  std::string bytes;
  std::string_view content_type;
};

// `label` tells files apart: the same label gives the same file. `suffix` is "mp4", "png" or "jpg".
Media MakeMedia(std::string_view suffix, Shape shape, std::string_view label);

struct ClipMeasures {
  int width = 0;
  int height = 0;
  double seconds = 0;
  int frames_per_second = 0;
};
// Of the videos MakeMedia gives for that shape.
ClipMeasures MeasureClip(Shape shape);

// "16:9" is wide, "9:16" tall, "1:1" square, empty or unknown wide.
Shape ShapeOf(std::string_view aspect_ratio);

}  // namespace aigc::simulator
