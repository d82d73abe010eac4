#include "store/sqlite_query.h"

#include <sqlite3.h>

#include <utility>

#include "base/text.h"

namespace aigc::store {
namespace {

std::string_view TextOf(sqlite3_value* value) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

template <typename Test>
void AnswerForAny(sqlite3_context* context, sqlite3_value** arguments, const Test& test) {
  std::string_view list = TextOf(arguments[0]);
  const std::string_view text = TextOf(arguments[1]);
  while (!list.empty()) {
    const std::size_t end = list.find('\0');
    if (test(list.substr(0, end), text)) {
      sqlite3_result_int(context, 1);
      return;
    }
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  }
  sqlite3_result_int(context, 0);
}

void OneMatches(sqlite3_context* context, int, sqlite3_value** arguments) {
  AnswerForAny(context, arguments,
               [](std::string_view glob, std::string_view text) { return GlobMatch(glob, text); });
}

void OneIs(sqlite3_context* context, int, sqlite3_value** arguments) {
  AnswerForAny(context, arguments, [](std::string_view a, std::string_view b) { return a == b; });
}

}  // namespace

Query::Query(Database& database, std::string_view sql)
    : database_(database), sql_(sql), statement_(database.Borrow(sql)) {}

Query::~Query() {
  try {
    statement_->tryReset();
    statement_->clearBindings();
    database_.Return(sql_, std::move(statement_));
  } catch (...) {
    statement_.reset();  // it is prepared anew the next time
  }
}

Query& Query::Add(std::string_view text) {
  statement_->bind(++last_, std::string(text));
  return *this;
}

Query& Query::AddKept(const std::string& text) {
  statement_->bindNoCopy(++last_, text);
  return *this;
}

Query& Query::AddBlob(std::string_view bytes) {
  statement_->bindNoCopy(++last_, bytes.data(), static_cast<int>(bytes.size()));
  return *this;
}

Query& Query::AddVisible(const Selection& selection) {
  statement_->bind(6, static_cast<int>(selection.history));
  statement_->bind(7, static_cast<int>(selection.left_out));
  return *this;
}

Query& Query::AddSelected(const Selection& selection) {
  statement_->bind(8, JoinTexts(selection.globs));
  statement_->bind(9, JoinTexts(selection.tags));
  return *this;
}

std::string JoinTexts(const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) {
    // A text with a NUL can match nothing of ours; it stays as an empty one, which cannot either.
    if (text.find('\0') == std::string::npos) joined += text;
    joined += '\0';
  }
  return joined;
}

void RegisterFunctions(Database& database) {
  database.connection().createFunction("one_matches", 2, true, nullptr, &OneMatches);
  database.connection().createFunction("one_is", 2, true, nullptr, &OneIs);
}

}  // namespace aigc::store
