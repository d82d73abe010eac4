#include "api/error_class.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "api/error_tables.h"
#include "wire_data.h"

namespace aigc::api {
namespace {

using enum ErrorClass;
using ::testing::HasSubstr;

struct CodeCase {
  const char* code;
  ErrorClass create, query;
};

// Reference section 7.2, row by row, apart from the rows that read the message.
const CodeCase kCodeCases[] = {
    {"RequestLimitExceeded.IPLimitExceeded", kRate, kRate},
    {"RequestLimitExceeded.UinLimitExceeded", kRate, kRate},
    {"RequestLimitExceeded.GlobalRegionUinLimitExceeded", kRate, kRate},
    {"LimitExceeded", kBusy, kBusy},
    {"LimitExceeded.Quota", kAccount, kAccount},
    {"ResourceInsufficient", kBusy, kBusy},
    {"ResourceUnavailable", kBusy, kBusy},
    {"ResourceInUse", kBusy, kBusy},
    {"ServiceUnavailable", kAmbiguous, kTransient},
    {"InternalError", kAmbiguous, kTransient},
    {"InternalError.Whatever", kAmbiguous, kTransient},
    {"FailedOperation", kAmbiguous, kTransient},
    {"FailedOperation.InvalidVodUser", kAccount, kAccount},
    {"FailedOperation.InvalidAccount", kAccount, kAccount},
    {"FailedOperation.UserStatusInavlid", kAccount, kAccount},
    {"FailedOperation.NoPrivileges", kAccount, kAccount},
    {"FailedOperation.NetWorkError", kAmbiguous, kTransient},
    {"FailedOperation.DBError", kAmbiguous, kTransient},
    {"FailedOperation.TaskDuplicate", kDuplicate, kPermanent},
    {"InvalidParameterValue.SessionId", kDuplicate, kPermanent},
    {"InvalidParameterValue.UniqueIdentifier", kDuplicate, kPermanent},
    {"InvalidParameterValue.SessionIdTooLong", kPermanent, kPermanent},
    {"InvalidParameterValue.SessionContextTooLong", kPermanent, kPermanent},
    {"InvalidParameterValue.SubAppId", kAccount, kAccount},
    {"InvalidParameterValue.FileId", kPermanent, kPermanent},
    {"InvalidParameterValue.TaskId", kPermanent, kUnknownTask},
    {"InvalidParameterValue.Status", kPermanent, kPermanent},
    {"InvalidParameterValue.InvalidOperationType", kPermanent, kPermanent},
    {"InvalidParameterValue.VodSessionKey", kPermanent, kPermanent},
    {"InvalidParameterValue.MediaType", kPermanent, kPermanent},
    {"InvalidParameterValue.ExpireTime", kPermanent, kPermanent},
    {"InvalidParameterValue.MediaStoragePath", kPermanent, kPermanent},
    {"InvalidParameter.ExpireTime", kPermanent, kPermanent},
    {"InvalidParameterValue", kPermanent, kPermanent},
    {"InvalidParameter", kPermanent, kPermanent},
    {"InvalidRequest", kPermanent, kPermanent},
    {"InvalidParameter.ViolationContent", kContent, kContent},
    {"InvalidParameter.VoilationContent", kContent, kContent},
    {"MissingParameter", kPermanent, kPermanent},
    {"UnknownParameter", kPermanent, kPermanent},
    {"UnsupportedOperation", kPermanent, kPermanent},
    {"DryRunOperation", kPermanent, kPermanent},
    {"UnsupportedProtocol", kPermanent, kPermanent},
    {"InvalidAction", kAuth, kAuth},
    {"ActionOffline", kAuth, kAuth},
    {"NoSuchVersion", kAuth, kAuth},
    {"NoSuchProduct", kAuth, kAuth},
    {"UnsupportedRegion", kAuth, kAuth},
    {"RequestSizeLimitExceeded", kPermanent, kPermanent},
    {"ResponseSizeLimitExceeded", kPermanent, kPermanent},
    {"ResourceNotFound", kPermanent, kUnknownTask},
    {"ResourceNotFound.UserNotExist", kAccount, kAccount},
    {"ResourceNotFound.ServiceNotExist", kAccount, kAccount},
    {"AuthFailure", kAuth, kAuth},
    {"AuthFailure.SignatureExpire", kClock, kClock},
    {"AuthFailure.SignatureFailure", kAuth, kAuth},
    {"AuthFailure.InvalidSecretId", kAuth, kAuth},
    {"AuthFailure.SecretIdNotFound", kAuth, kAuth},
    {"AuthFailure.InvalidAuthorization", kAuth, kAuth},
    {"AuthFailure.MFAFailure", kAuth, kAuth},
    {"AuthFailure.TokenFailure", kAuth, kAuth},
    {"AuthFailure.UnauthorizedOperation", kAuth, kAuth},
    {"UnauthorizedOperation", kAuth, kAuth},
    {"IpInBlacklist", kAuth, kAuth},
    {"IpNotInWhitelist", kAuth, kAuth},
};

TEST(ClassifyApiError, KnowsEveryCodeOfTheReference) {
  for (const CodeCase& expected : kCodeCases) {
    const Verdict create = ClassifyApiError(expected.code, "", true);
    const Verdict query = ClassifyApiError(expected.code, "", false);
    EXPECT_EQ(Name(create.error_class), Name(expected.create)) << expected.code;
    EXPECT_EQ(Name(query.error_class), Name(expected.query)) << expected.code;
    EXPECT_FALSE(create.advice.empty()) << expected.code;
  }
}

TEST(ClassifyApiError, HasNoRowThatTheTestAboveDoesNotName) {
  std::set<std::string_view> named = {"*", "RequestLimitExceeded"};
  for (const CodeCase& expected : kCodeCases) named.insert(expected.code);
  for (const CodeRow& row : EmbeddedErrorTables()->codes) {
    EXPECT_TRUE(named.contains(row.code)) << row.code;
  }
}

TEST(ClassifyApiError, TellsRateFromConcurrencyByText) {
  const auto of = [](std::string_view message) {
    return Name(ClassifyApiError("RequestLimitExceeded", message, true).error_class);
  };
  EXPECT_EQ(of("Your current request times equals to `21` in a second, which exceeds the frequency "
               "limit `20` for a second. Please reduce the frequency of calls."),
            "rate");
  EXPECT_EQ(of("Frequency exceeded"), "rate");
  EXPECT_EQ(of("20 calls per Second"), "rate");
  EXPECT_EQ(of("the task reached the maximum concurrency"), "concurrency");
  EXPECT_EQ(of("too many CONCURRENT tasks"), "concurrency");
  EXPECT_EQ(of("limit"), "concurrency");
  EXPECT_EQ(ClassifyApiError("RequestLimitExceeded", "maximum concurrency", false).error_class,
            kRate);
}

TEST(ClassifyApiError, FindsARepeatedSessionIdByText) {
  const auto of = [](std::string_view code, std::string_view message, bool create = true) {
    return Name(ClassifyApiError(code, message, create).error_class);
  };
  for (const char* code : {"InvalidParameterValue", "InvalidParameter", "FailedOperation",
                           "InvalidParameterValue.Something", "FailedOperation.Other"}) {
    EXPECT_EQ(of(code, "the SessionId duplicates a recent request"), "duplicate") << code;
    EXPECT_EQ(of(code, "Session ID was used before"), "duplicate") << code;
    EXPECT_EQ(of(code, "session_id repeated"), "duplicate") << code;
    EXPECT_NE(of(code, "SessionId is longer than 50 characters"), "duplicate") << code;
    EXPECT_NE(of(code, "SessionContext is wrong"), "duplicate") << code;
    EXPECT_NE(of(code, "the SessionId duplicates a recent request", false), "duplicate") << code;
  }
  EXPECT_EQ(of("InvalidParameterValue.SessionIdTooLong", "bad SessionId"), "permanent");
  EXPECT_EQ(of("LimitExceeded", "SessionId"), "busy");
}

TEST(ClassifyApiError, FallsBackToTheFamilyAndThenToTheRest) {
  EXPECT_EQ(ClassifyApiError("AuthFailure.New", "", true).error_class, kAuth);
  EXPECT_EQ(ClassifyApiError("InvalidParameterValue.Prompt", "", true).error_class, kPermanent);
  EXPECT_EQ(ClassifyApiError("Brand.New", "", true).error_class, kPermanent);
  EXPECT_EQ(ClassifyApiError("Brand.New", "", false).error_class, kTransient);
  EXPECT_EQ(ClassifyApiError("", "", true).error_class, kPermanent);
}

struct TaskCase {
  int code;
  const char* ext;
  const char* message;
  ErrorClass expected;
};

TEST(ClassifyTaskError, KnowsEveryCodeOfTheReference) {
  const TaskCase cases[] = {
      {70000, "RequestLimitExceeded", "", kConcurrency},
      {70000, "FailedOperation", "", kTransient},
      {70000, "ResourceInsufficient", "", kTransient},
      {70000, "TaskTimeout", "", kTransient},
      {70000, "OperationCanceled", "", kTransientOnce},
      {70000, "ModelGenerateFailed", "", kTransientOnce},
      {70000, "InternalError", "", kUnknown},
      {70000, "InvalidParameter", "", kPermanent},
      {70000, "InvalidParameter.New", "", kPermanent},
      {70000, "InvalidParameterValue", "timeout", kPermanent},
      {70000, "InvalidParameter.MediaFormat", "", kPermanent},
      {70000, "ResourceNotFound", "", kPermanent},
      {70000, "InvalidParameter.VoilationContent", "", kContent},
      {70000, "InvalidParameter.ViolationContent", "", kContent},
      {70000, "ContentModerationFailed", "", kContent},
      {70000, "SomethingNew", "", kUnknown},
      {70000, "SomethingNew", "blocked by our rules", kContent},
      {70000, "", "", kUnknown},
      {40000, "", "", kPermanent},
      {60000, "", "", kTransientOnce},
      {60000, "", "connection reset by peer", kTransient},
      {0, "", "", kPermanent},
  };
  std::set<std::string> seen = {"*"};
  for (const TaskCase& c : cases) {
    EXPECT_EQ(Name(ClassifyTaskError(c.code, c.ext, c.message).error_class), Name(c.expected))
        << c.code << " " << c.ext << " " << c.message;
    seen.insert(*c.ext ? c.ext : std::to_string(c.code));
  }
  for (const TaskRow& row : EmbeddedErrorTables()->tasks) {
    EXPECT_TRUE(seen.contains(std::string(row.code))) << row.code;
    EXPECT_FALSE(row.advice.empty()) << row.code;
  }
}

struct MessageCase {
  const char* message;
  ErrorClass expected;
};

TEST(ClassifyTaskError, ReadsEveryMessagePatternOfTheReference) {
  const MessageCase cases[] = {
      {"Your request was blocked by our moderation system", kContent},
      {"blocked by our filter", kContent},
      {"the prompt VIOLATES the policy", kContent},
      {"sensitive words", kContent},
      {"task reached the maximum concurrency", kConcurrency},
      {"Too Many Requests", kConcurrency},
      {"rate limit hit", kConcurrency},
      {"ret:9,msg:invalid params, model X", kPermanent},
      {"1080p does not support durations longer than 8 seconds", kPermanent},
      {"mode is not supported", kPermanent},
      {"only supports 5 and 10", kPermanent},
      {"content[0].text too long: 13836 > 7000 characters (2013)", kPermanent},
      {"failed. ret:2013,msg", kPermanent},
      {"Image pixel is invalid", kPermanent},
      {"errcode:400017", kPermanent},
      {"download of https://a/b.png failed", kTransientOnce},
      {"cannot download url", kTransientOnce},
      {"fetch url failed", kTransientOnce},
      {"fetch http://x failed", kTransientOnce},
      {"got 404 for https://a/b.png", kTransientOnce},
      {"url answered 404", kTransientOnce},
      {"got 403 for https://a/b.png", kTransientOnce},
      {"url answered 403", kTransientOnce},
      {"task failed with status: FAIL, message: JsonDecode response failed", kTransient},
      {"upstream timeout", kTransient},
      {"request timed out", kTransient},
      {"read: connection reset", kTransient},
      {"unexpected EOF", kTransient},
      {"EOF", kTransient},
      {"status 502", kTransient},
      {"503 from upstream", kTransient},
      {"Geoffrey 5024 x502", kUnknown},
      {"404 dollars", kUnknown},
      {"", kUnknown},
  };
  std::set<std::string_view> used;
  for (const MessageCase& c : cases) {
    EXPECT_EQ(Name(ClassifyTaskError(70000, "InternalError", c.message).error_class),
              Name(c.expected))
        << c.message;
    for (const PatternRow& row : EmbeddedErrorTables()->patterns) {
      if (row.scope != PatternScope::kTask || !FitsPattern(row.pattern, c.message)) continue;
      used.insert(row.pattern);
    }
  }
  for (const PatternRow& row : EmbeddedErrorTables()->patterns) {
    if (row.scope == PatternScope::kTask) {
      EXPECT_TRUE(used.contains(row.pattern)) << row.pattern;
    }
  }
}

TEST(TaskErrorCode, PrefersTheWordToTheNumber) {
  EXPECT_EQ(TaskErrorCode(70000, "InternalError"), "InternalError");
  EXPECT_EQ(TaskErrorCode(40000, ""), "40000");
  EXPECT_EQ(TaskErrorCode(0, ""), "aborted");
}

TEST(ErrorTables, ReadTheEmbeddedData) {
  ASSERT_TRUE(EmbeddedErrorTables().ok()) << Describe(EmbeddedErrorTables().error());
  EXPECT_GE(EmbeddedErrorTables()->codes.size(), 60u);
  EXPECT_GE(EmbeddedErrorTables()->tasks.size(), 15u);
  EXPECT_GE(EmbeddedErrorTables()->patterns.size(), 30u);
}

TEST(ErrorTables, NameFileAndLineOfABrokenRow) {
  const std::string codes = "# head\nA\tauth\tauth\t-\tdo\n*\tpermanent\ttransient\t-\t\n";
  const std::string tasks = "*\tunknown\tyes\t\n";
  const std::string patterns = "task\tcontent\tx\t\n";
  ASSERT_TRUE(ReadErrorTables(codes, tasks, patterns).ok());
  const auto error = [](const std::string& c, const std::string& t, const std::string& p) {
    const auto read = ReadErrorTables(c, t, p);
    return read.ok() ? std::string() : Describe(read.error());
  };
  EXPECT_THAT(error(codes + "B\tauth\n", tasks, patterns), HasSubstr("error_codes.tsv:4"));
  EXPECT_THAT(error(codes + "B\tauht\tauth\t-\t\n", tasks, patterns), HasSubstr("unknown word"));
  EXPECT_THAT(error(codes + "B\tauth\tauth\tx\t\n", tasks, patterns), HasSubstr("unknown word"));
  EXPECT_THAT(error(codes + "A\tauth\tauth\t-\t\n", tasks, patterns), HasSubstr("repeated code A"));
  EXPECT_THAT(error("A\tauth\tauth\t-\t\n", tasks, patterns), HasSubstr("no row '*'"));
  EXPECT_THAT(error(codes, "X\tunknown\tyes\t\n", patterns), HasSubstr("task_errors.tsv"));
  EXPECT_THAT(error(codes, tasks + "X\tunknown\tmaybe\t\n", patterns),
              HasSubstr("task_errors.tsv:2"));
  EXPECT_THAT(error(codes, tasks, "tsak\tcontent\tx\t\n"), HasSubstr("message_patterns.tsv:1"));
  EXPECT_THAT(error(codes, tasks, "task\tcontent\t \t\n"), HasSubstr("empty pattern"));
}

}  // namespace
}  // namespace aigc::api
