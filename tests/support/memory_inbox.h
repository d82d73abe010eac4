// An inbox in memory: tests put command files in, the loop takes them out.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "files/inbox.h"

namespace aigc::testing {

class MemoryInbox final : public files::Inbox {
 public:
  void Put(std::string name, std::string text) { waiting_[std::move(name)] = std::move(text); }

  Result<std::vector<files::InboxFile>> Waiting() override {
    if (on_look) on_look(++looks_);
    std::vector<files::InboxFile> files;
    for (const auto& [name, text] : waiting_) files.push_back({name, text});
    return files;
  }
  Status Remove(const std::string& name) override {
    if (keep) return Error{ErrorCode::kIo, "the file stays"};
    waiting_.erase(name);
    return {};
  }
  Status SetAside(const std::string& name) override {
    aside.push_back(name);
    waiting_.erase(name);
    return {};
  }

  bool empty() const { return waiting_.empty(); }
  bool keep = false;  // files cannot be removed, as if the process had died before
  std::vector<std::string> aside;
  std::function<void(int)> on_look;  // before the n-th look, from 1

 private:
  int looks_ = 0;
  std::map<std::string, std::string> waiting_;
};

}  // namespace aigc::testing
