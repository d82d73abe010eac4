// Reads files of KEY=VALUE lines (.env) as shells and the dotenv tools write them: an optional
// "export " before the key, '#' comments, values bare, in single quotes (taken as they are) or in
// double quotes (with \n \r \t \" \\ \$); quoted values may go over several lines. CRLF and a
// byte-order mark are fine. Nothing is expanded. Pure function, any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace aigc::cli {

struct EnvFile {
  std::map<std::string, std::string> values;  // the last of equal keys wins
  std::vector<int> bad_lines;  // line numbers, from 1, of what is no assignment. Their text is
                               // kept out of messages: it may be a secret.
};

EnvFile ParseEnvFile(std::string_view text);

}  // namespace aigc::cli
