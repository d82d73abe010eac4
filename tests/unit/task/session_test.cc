#include "task/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace aigc {
namespace {

SubmissionKey MakeKey() {
  return {.batch_uuid = "0123456789abcdef0123456789abcdef",
          .batch_name = "autumn",
          .task_id = "fox-1",
          .generation = 2,
          .submission = 3,
          .fingerprint = "f1:00112233445566778899aabbccddeeff"};
}

TEST(SessionId, IsAlwaysTheSameForTheSameSubmission) {
  EXPECT_EQ(MakeSessionId(MakeKey()), "1d1b1f5e5e62aa9ecedd65684200c040f2f5f54c");
}

TEST(SessionId, IsShortEnoughAndPlainHex) {
  SubmissionKey key = MakeKey();
  key.task_id = std::string(128, 'x');
  const std::string id = MakeSessionId(key);
  EXPECT_LE(id.size(), 50U);
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
}

TEST(SessionId, DiffersInEveryPartButTheBatchName) {
  std::set<std::string> ids = {MakeSessionId(MakeKey())};
  SubmissionKey key = MakeKey();
  key.batch_uuid[0] = '1';
  ids.insert(MakeSessionId(key));
  key = MakeKey();
  key.task_id = "fox-2";
  ids.insert(MakeSessionId(key));
  key = MakeKey();
  key.generation = 3;
  ids.insert(MakeSessionId(key));
  key = MakeKey();
  key.submission = 4;
  ids.insert(MakeSessionId(key));
  key = MakeKey();
  key.fingerprint.back() = '0';
  ids.insert(MakeSessionId(key));
  EXPECT_EQ(ids.size(), 6U);
  key = MakeKey();
  key.batch_name = "spring";
  EXPECT_TRUE(ids.count(MakeSessionId(key))) << "the uuid names the batch";
}

TEST(SessionId, DoesNotConfuseAGenerationWithASubmission) {
  SubmissionKey a = MakeKey();
  SubmissionKey b = MakeKey();
  a.generation = 1;
  a.submission = 12;
  b.generation = 11;
  b.submission = 2;
  EXPECT_NE(MakeSessionId(a), MakeSessionId(b));
}

TEST(SessionContext, ReadsBackWithoutTheUuid) {
  const std::string context = MakeSessionContext(MakeKey());
  EXPECT_EQ(context, "aigc-batch;b=autumn;t=fox-1;g=2;s=3;f=f1:00112233445566778899aabbccddeeff");
  const auto key = ParseSessionContext(context);
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->batch_uuid, "");
  EXPECT_EQ(key->batch_name, "autumn");
  EXPECT_EQ(key->task_id, "fox-1");
  EXPECT_EQ(key->generation, 2);
  EXPECT_EQ(key->submission, 3);
  EXPECT_EQ(key->fingerprint, MakeKey().fingerprint);
}

TEST(SessionContext, FitsWithTheLongestNames) {
  SubmissionKey key = MakeKey();
  key.batch_name = std::string(64, 'b');
  key.task_id = std::string(128, 't');
  key.generation = key.submission = 2147483647;
  const std::string context = MakeSessionContext(key);
  EXPECT_LE(context.size(), 1000U);
  EXPECT_EQ(ParseSessionContext(context)->submission, 2147483647);
}

TEST(SessionContext, IsNotReadFromAnythingElse) {
  const std::string good = MakeSessionContext(MakeKey());
  for (const std::string& bad :
       {std::string(), std::string("aigc-batch;"), std::string("something of another program"),
        "x" + good, good + ";x=1", good.substr(0, good.find(";f=")),
        std::string("aigc-batch;b=a;t=t;g=0;s=1;f=f1:0"),
        std::string("aigc-batch;b=a;t=t;g=1;s=-1;f=f"),
        std::string("aigc-batch;b=a;t=t;g=1x;s=1;f=f"),
        std::string("aigc-batch;b=;t=t;g=1;s=1;f=f"), std::string("aigc-batch;t=t;b=a;g=1;s=1;f=f"),
        std::string("aigc-batch;b=a;t=t;g=99999999999;s=1;f=f")}) {
    EXPECT_FALSE(ParseSessionContext(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace aigc
