// What the tests of the manifest room share: files in memory and a fixed environment.
#pragma once

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "manifest/manifest.h"

namespace aigc::manifest {

inline constexpr char kPngHead[] = "\x89PNG\r\n\x1A\n";
inline constexpr char kTestSecretKey[] = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";

inline std::string Png(std::size_t bytes) {
  std::string png(kPngHead, sizeof(kPngHead) - 1);
  png.resize(bytes, 'x');
  return png;
}

// Files by path. A name that ends in '/' is a folder; "secret.png" may not be read.
class MemoryFiles : public FileReader {
 public:
  std::map<std::string, std::string> files = {
      {"images/ok.png", Png(64)},
      {"images/other.png", Png(65)},
      {"images/large.png", Png(3'500'000)},
      {"images/huge.png", Png(7'000'001)},
      {"images/text.png", "just words"},
      {"images/empty.png", ""},
      {"images/anim.gif", "GIF89a..."},
      {"clips/a.mp4", std::string("\0\0\0\x18", 4) + "ftypisom....."},
      {"clips/a.mp3", "ID3\x03...."},
      {"images/", ""},
      {"prompts/ok.txt", "\xEF\xBB\xBF\u96EA\u5730, ${style}\r\nand $${braces}\n\n"},
      {"prompts/empty.txt", "\n \n"},
      {"prompts/latin1.txt", "caf\xE9"},
      {"prompts/template.txt", "a ${nothing_such} fox"},
      {"data/ok.csv", "sku,title,size\nx1,Kite,5\nx2,\"Lamp, red\",10\n"},
      {"data/zero.csv", ""},
      {"data/header.csv", "sku,title\n"},
      {"data/twice.csv", "sku,title,sku\nx,y,z\n"},
      {"data/unnamed.csv", "sku,,title\nx,y,z\n"},
      {"data/ragged.csv", "sku,title\nx1\nx2,Kite\nx3,a,b\n\nx4,\"a\"b\n"},
      {"data/open.csv", "sku,title\nx1,\"never\nclosed\n"},
      {"data/gbk.csv", "sku,title\nx1,\xD1\xA9\xB5\xD8\n"},
      {"data/latin1.csv", "sku,title\nx1,caf\xE9\n"},
      {"data/utf16.csv", std::string("\xFF\xFEs\0k\0u\0", 8)},
      {"data/nul.csv", std::string("sku\nab\0c\n", 9)},
      {"data/same.csv", "sku\nx1\nx2\nx1\n"},
      {"data/ok.jsonl", "{\"sku\": \"x1\", \"n\": 5}\n{\"sku\": \"x2\"}\n"},
      {"data/bad.jsonl",
       "[1]\n{\"a\": 1, \"a\": 2}\n{\"a\": tru}\n{\"a\": \"\\ud800\"}\n{\"a\": 1} x\n{\"a\": "
       "01}\n"},
      {"data/none.jsonl", "\n\n"},
      {"prompts/nul.txt", std::string("a\0b", 3)},
  };
  int reads = 0;

  Result<FileContent> Read(const std::string& path, std::uint64_t max_bytes) override {
    ++reads;
    if (path == "images/secret.png") {
      return Error{ErrorCode::kNoPermission, "may not be read (permission denied)"};
    }
    if (files.count(path + "/") > 0) return Error{ErrorCode::kInvalid, "is a folder"};
    const auto found = files.find(path);
    if (found == files.end()) return Error{ErrorCode::kNotFound, "does not exist"};
    FileContent content{found->second.size(), {}};
    if (content.size <= max_bytes) content.bytes = found->second;
    return content;
  }

  Result<std::unique_ptr<ByteStream>> Open(const std::string& path) override {
    auto content = Read(path, UINT64_MAX);
    if (!content.ok()) return content.error();
    return std::unique_ptr<ByteStream>(std::make_unique<Pieces>(std::move(content->bytes)));
  }

 private:
  // A few bytes at a time, so that every border falls between two pieces somewhere.
  class Pieces : public ByteStream {
   public:
    explicit Pieces(std::string bytes) : bytes_(std::move(bytes)) {}
    Result<std::size_t> Read(char* buffer, std::size_t size) override {
      const std::size_t count = std::min({size, std::size_t{7}, bytes_.size() - at_});
      bytes_.copy(buffer, count, at_);
      at_ += count;
      return count;
    }

   private:
    std::string bytes_;
    std::size_t at_ = 0;
  };
};

inline std::optional<std::string> TestEnvironment(const std::string& name) {
  if (name == "CITY") return "上海";
  if (name == "TENCENTCLOUD_SECRET_KEY") return kTestSecretKey;
  return std::nullopt;
}

inline LoadOptions TestOptions(FileReader* files) {
  LoadOptions options;
  options.files = files;
  options.environment = TestEnvironment;
  return options;
}

inline std::string ReadWholeFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// All tasks of a manifest that must be right; empty, and the problems in `problems`, otherwise.
struct Loaded {
  std::vector<TaskSpec> tasks;
  std::vector<std::string> fingerprints;
  std::vector<Place> places;
  Settings settings;
  std::string problems;  // as rendered
};

inline Loaded LoadAll(const std::string& text, const LoadOptions& options,
                      const std::string& path = "test.yaml") {
  LoadResult result = Load(text, path, options);
  Loaded loaded;
  loaded.problems = Render(result.problems, false);
  if (!result.manifest) return loaded;
  loaded.settings = result.manifest->settings();
  const Status status = result.manifest->ForEachTask([&](const ExpandedTask& task) -> Status {
    loaded.tasks.push_back(task.spec);
    loaded.fingerprints.push_back(task.fingerprint);
    loaded.places.push_back(task.place);
    return {};
  });
  if (!status.ok()) loaded.problems += Describe(status.error());
  return loaded;
}

}  // namespace aigc::manifest
