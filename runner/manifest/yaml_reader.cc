// How it works: yaml-cpp calls TreeBuilder for each event. Its own recursion is bounded (it gives
// up at 500 levels), and TreeBuilder stops it at 64 by an exception of ours, which passes through
// yaml-cpp's frames (they hold only automatic objects). In front of a flow collection yaml-cpp
// reads on until it is closed before it calls anything, so one that is absurdly deep or long is
// found beforehand. An alias becomes a pointer, and the number of nodes that an anchor stands for
// is known, so that a bomb is recognised without being expanded.
#include "manifest/yaml_reader.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "manifest/yaml_messages.h"

namespace aigc::manifest {
namespace {

// Many more open brackets, or tags in a row, than any text has, and few enough for yaml-cpp's
// memory.
constexpr std::size_t kMaxPending = 10'000;

// Where a flow collection becomes more than yaml-cpp should be given, and in what way.
struct FlowBomb {
  std::size_t at = std::string_view::npos;  // npos: nowhere
  bool deep = false;                        // else it has too many values
};

// Texts in quotes and comments do not count, as far as that can be told without reading the YAML,
// and a line that begins with "- " is in no bracket.
FlowBomb FindFlowBomb(std::string_view text) {
  std::size_t open = 0;
  std::uint64_t values = 0;    // in the outermost that is open, told by what stands between them
  char last = '\n';            // the last character but blanks
  std::string quotes = "\"'";  // those that are closed again
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == ' ' || c == '\t' || c == '\r') continue;
    if (open == 0) values = 0;
    if (open > 0 && (c == ',' || c == ':') && ++values > kMaxNodes) return {at, false};
    if (c == '[' || c == '{') {
      if (++open > kMaxPending) return {at, true};
    } else if (c == ']' || c == '}') {
      open -= open > 0 ? 1 : 0;
    } else if (c == '-' && last == '\n' && text.substr(at + 1, 1) == " ") {
      open = 0;
    } else if (c == '#' && (at == 0 || text[at - 1] == ' ' || text[at - 1] == '\n')) {
      at = std::min(text.find('\n', at), text.size() - 1);
    } else if ((c == '"' || c == '\'') && quotes.find(c) != std::string::npos &&
               std::string_view("[{,:?-\n").find(last) != std::string_view::npos) {
      std::size_t end = at + 1;
      while (end < text.size() && text[end] != c) end += c == '"' && text[end] == '\\' ? 2 : 1;
      if (end < text.size()) {
        at = end;
      } else {
        std::erase(quotes, c);
      }
    }
    last = text[at];
  }
  return {};
}

// Where more tags and anchors stand in a row than any value has; npos: nowhere.
std::size_t FindEndlessProperties(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool blank = text[at] == ' ' || text[at] == '\t';
    if (blank || (at > 0 && text[at - 1] != ' ' && text[at - 1] != '\t')) continue;
    count = text[at] == '&' || text[at] == '!' ? count + 1 : 0;
    if (count > kMaxPending) return at;
  }
  return std::string_view::npos;
}

// Ends the parse after the problem has been recorded.
struct Stop {};

constexpr std::string_view kFewerValues =
    "keep that many tasks as rows of a CSV or JSON lines file that `from` names";

constexpr std::string_view kTextTag = "tag:yaml.org,2002:str";

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const SourceText& source, ProblemList& problems, Document& document)
      : source_(source), problems_(problems), document_(document) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) second_ = Offset(mark);
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    StopAtSecondDocument(mark);
    Node& node = Add(NodeType::kNull, mark, anchor);
    // For an absent value yaml-cpp marks what follows, which may be lines away.
    const char first = node.offset < source_.text().size() ? source_.text()[node.offset] : '\n';
    const bool has_word = first == '~' || first == 'n' || first == 'N' || first == '&';
    if (!has_word && !open_.empty() && open_.back().key != nullptr) {
      node.offset = open_.back().key->offset;
    }
    Attach(node, {});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    StopAtSecondDocument(mark);
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) Fail(mark, "this alias names no anchor");
    const auto& [target_node, size] = found->second;
    const Node& target = *target_node;
    for (const Level& level : open_) {
      if (level.node == &target) Fail(mark, "this alias names something that contains the alias");
    }
    alias_weight_ += size.nodes;
    if (alias_weight_ > kMaxAliasNodes) {
      Fail(mark,
           fmt::format("the aliases up to here stand for more than {} values", kMaxAliasNodes),
           "write the values out, or use fewer aliases of aliases");
    }
    if (static_cast<int>(open_.size()) + size.levels > kMaxDepth) FailDeep(mark);
    Attach(target, size);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    StopAtSecondDocument(mark);
    Node& node = Add(NodeType::kScalar, mark, anchor);
    node.text = value;
    node.plain = tag == "?" || tag.empty();
    if (!node.plain && tag != "!" && tag != kTextTag) RefuseTag(mark, tag);
    if (tag == "!") CheckClosed(node);
    Attach(node, {});
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(NodeType::kList, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(NodeType::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override { Close(); }

 private:
  // What a node stands for.
  struct Size {
    std::uint64_t nodes = 1;  // in it, aliases counted as often as they are used
    int levels = 1;           // in it, itself included
  };
  struct Level {
    Node* node;
    YAML::anchor_t anchor = 0;
    Size size{};
    const Node* key = nullptr;  // kMap: the key that waits for its value
    bool repeated = false;      // and was there before
    std::unordered_map<std::string_view, const Node*> keys{};
  };

  std::size_t Offset(const YAML::Mark& mark) const {
    return source_.body_offset() + static_cast<std::size_t>(std::max(mark.pos, 0));
  }

  [[noreturn]] void Fail(const YAML::Mark& mark, std::string message, std::string hint = "") {
    problems_.Error(Offset(mark), std::move(message), std::move(hint));
    throw Stop{};
  }
  [[noreturn]] void FailDeep(const YAML::Mark& mark) {
    Fail(mark, fmt::format("more than {} levels of nesting", kMaxDepth));
  }

  void RefuseTag(const YAML::Mark& mark, const std::string& tag) {
    constexpr std::string_view kCore = "tag:yaml.org,2002:";
    const bool core = std::string_view(tag).substr(0, kCore.size()) == kCore;
    problems_.Error(Offset(mark),
                    fmt::format("the tag \"{}\" has no meaning in a manifest",
                                Excerpt(core ? "!!" + tag.substr(kCore.size()) : tag, 40)),
                    "leave it out; quotes make text of a value that looks like a number");
  }

  // The second document of a file is worth one problem, at its first value.
  void StopAtSecondDocument(const YAML::Mark& mark) {
    if (documents_ < 2) return;
    if (source_.text().substr(second_, 3) == "---") {
      Fail(mark, "a second YAML document begins here; a manifest is one document",
           "put the other one into a file of its own");
    }
    Fail(mark, "this line does not belong to what stands above it",
         "check its indentation: the manifest's own keys (name, defaults, tasks …) start in column "
         "1");
  }

  // yaml-cpp takes the end of the file for the end of a quoted text.
  void CheckClosed(const Node& node) {
    const std::string_view text = source_.text();
    std::size_t at = node.offset;
    while (at < text.size() && text[at] == '&') {  // an anchor stands before it
      at = text.find_first_of(" \t\r\n", at);
      at = at == std::string_view::npos ? text.size() : text.find_first_not_of(" \t\r\n", at);
      if (at == std::string_view::npos) return;
    }
    if (at >= text.size() || (text[at] != '"' && text[at] != '\'')) return;
    const char quote = text[at];
    for (std::size_t end = at + 1; end < text.size(); ++end) {
      if (quote == '"' && text[end] == '\\') {
        ++end;
      } else if (text[end] == quote) {
        if (quote == '"' || end + 1 >= text.size() || text[end + 1] != '\'') return;
        ++end;  // '' inside single quotes
      }
    }
    problems_.Error(at, "this quote is never closed",
                    fmt::format("add a {} where the text ends", quote));
    throw Stop{};
  }

  Node& Add(NodeType type, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (document_.nodes.size() >= kMaxNodes) {
      Fail(mark, fmt::format("more than {} values are written out up to here", kMaxNodes),
           std::string(kFewerValues));
    }
    Node& node = document_.nodes.emplace_back();
    node.type = type;
    node.offset = static_cast<std::uint32_t>(Offset(mark));  // yaml-cpp's are no larger
    if (anchor != 0) anchors_[anchor] = {&node, {}};
    return node;
  }

  void Open(NodeType type, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    StopAtSecondDocument(mark);
    if (open_.size() >= static_cast<std::size_t>(kMaxDepth)) FailDeep(mark);
    if (tag != "?" && !tag.empty()) RefuseTag(mark, tag);
    Node& node = Add(type, mark, anchor);
    open_.push_back({&node, anchor});
  }

  void Close() {
    const Node& node = *open_.back().node;
    const Size size = open_.back().size;
    if (open_.back().anchor != 0) anchors_[open_.back().anchor].second = size;
    open_.pop_back();
    Attach(node, size);
  }

  // Gives a complete node to the container it stands in.
  void Attach(const Node& node, Size size) {
    if (open_.empty()) {
      document_.root = &node;
      return;
    }
    Level& level = open_.back();
    Node& parent = *level.node;
    if (parent.is_map() && level.key == nullptr) {
      TakeKey(level, node);
      return;
    }
    if (parent.is_list()) {
      parent.items.push_back(&node);
    } else {
      if (!level.repeated) parent.members.push_back({level.key, &node});
      level.key = nullptr;
    }
    level.size.nodes += size.nodes;
    level.size.levels = std::max(level.size.levels, size.levels + 1);
  }

  void TakeKey(Level& level, const Node& node) {
    if (!node.is_scalar()) {
      problems_.Error(node.offset, "a key must be plain text",
                      "write KEY: VALUE; quote text that contains { or [");
      throw Stop{};
    }
    level.key = &node;
    const auto [found, is_new] = level.keys.emplace(node.text, &node);
    level.repeated = !is_new;
    if (level.keys.size() > kMaxKeys) {
      problems_.Error(node.offset, fmt::format("more than {} keys in one map", kMaxKeys),
                      "a list begins each of its entries with \"- \"");
      throw Stop{};
    }
    if (!is_new) {
      const Place first = source_.PlaceOf(found->second->offset);
      problems_.Error(node.offset,
                      fmt::format("the key \"{}\" is here a second time; first at {}:{}",
                                  Excerpt(node.text, 60), first.line, first.column),
                      "keep one of the two");
      if (problems_.full()) throw Stop{};
    }
  }

  const SourceText& source_;
  ProblemList& problems_;
  Document& document_;
  std::vector<Level> open_;
  std::unordered_map<YAML::anchor_t, std::pair<const Node*, Size>> anchors_;
  std::uint64_t alias_weight_ = 0;
  int documents_ = 0;
  std::size_t second_ = 0;
};

}  // namespace

std::optional<Document> ReadYaml(const SourceText& source, ProblemList& problems) {
  if (const FlowBomb bomb = FindFlowBomb(source.text()); bomb.at != std::string_view::npos) {
    if (bomb.deep) {
      problems.Error(bomb.at, fmt::format("more than {} levels of nesting", kMaxDepth));
    } else {
      problems.Error(bomb.at, fmt::format("more than {} values stand in these brackets", kMaxNodes),
                     std::string(kFewerValues));
    }
    return std::nullopt;
  }
  if (const std::size_t at = FindEndlessProperties(source.text()); at != std::string_view::npos) {
    problems.Error(at, "tags and anchors that no value follows");
    return std::nullopt;
  }
  Document document;
  try {
    // The stream begins behind a byte-order mark, so that offsets are those of the bytes.
    std::istringstream stream{std::string(source.text().substr(source.body_offset()))};
    YAML::Parser parser(stream);
    TreeBuilder builder(source, problems, document);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop&) {
    return std::nullopt;
  } catch (const YAML::Exception& e) {
    const std::size_t offset =
        source.body_offset() + static_cast<std::size_t>(std::max(e.mark.pos, 0));
    ReportSyntaxError(e.msg, offset, problems);
    return std::nullopt;
  }
  if (document.root == nullptr || document.root->is_null()) {
    problems.Error(0, "the manifest is empty",
                   "a manifest begins with \"manifest: 1\" and has a list of tasks");
    return std::nullopt;
  }
  return document;
}

}  // namespace aigc::manifest
