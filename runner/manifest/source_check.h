// Checks on a manifest's bytes, before YAML: is it text at all, and does it hold a secret.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "manifest/problem_list.h"

namespace aigc::manifest {

using Environment = std::function<std::optional<std::string>(const std::string&)>;

// False, with one problem, for what no YAML reader should see: bytes that are not UTF-8, control
// characters, line ends that are no line ends.
bool CheckText(const SourceText& source, ProblemList& problems);

// Finds what looks like a Tencent Cloud key, and the user's own credentials as the environment has
// them, anywhere in the text, comments included (the text is kept in the state). Each is a problem,
// and masked. False when there are more than are shown: nothing else of the text should be quoted.
bool CheckSecrets(const SourceText& source, const Environment& environment, ProblemList& problems);

// Names of the environment's variables that hold credentials.
bool IsCredentialVariable(std::string_view name);

// Whether `key` names a credential ("secret_key", "SecretId"): such a key is refused wherever it
// stands.
bool IsSecretKey(std::string_view key);

// What to do about a secret in a manifest.
std::string_view SecretHint();

}  // namespace aigc::manifest
