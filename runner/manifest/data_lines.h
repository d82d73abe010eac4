// The lines of a data file, read piece by piece, with what is wrong about the bytes themselves: not
// UTF-8 (and what it is instead), no text, endless lines. One thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "manifest/file_reader.h"
#include "manifest/problem.h"

namespace aigc::manifest {

// A line, or a record of several, longer than this ends the reading: it must fit into memory.
inline constexpr std::size_t kMaxRecordBytes = 4'000'000;

struct DataProblem {
  Place place;  // in the data file
  std::string message;
  std::string hint{};
};

class DataLines {
 public:
  explicit DataLines(std::unique_ptr<ByteStream> bytes) : bytes_(std::move(bytes)) {}

  enum class Step { kLine, kEnd, kFailed };
  // The next line with its line end ("\n", "\r\n", or none at the end of the file), valid until the
  // next call; a byte-order mark of UTF-8 is left out. Nothing follows kFailed but kFailed.
  Step Next(std::string_view& line);

  int line_number() const { return line_number_; }  // of the line given last, from 1
  const DataProblem& problem() const { return problem_; }

 private:
  Step Fail(int column, std::string message, std::string hint = "");
  bool Fill();  // false when a problem was recorded
  Step CheckEncoding(std::string_view line);

  std::unique_ptr<ByteStream> bytes_;
  std::string buffer_;
  std::size_t at_ = 0;  // where the next line begins in buffer_
  bool begun_ = false;
  bool ended_ = false;  // no more bytes after buffer_
  bool failed_ = false;
  int line_number_ = 0;
  DataProblem problem_;
};

}  // namespace aigc::manifest
