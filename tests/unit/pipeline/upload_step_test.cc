// What follows an answer to one step of an upload, row by row.
#include "pipeline/upload_step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aigc::pipeline {
namespace {

using api::Failure;
using api::FailureKind;
using ::testing::HasSubstr;

const WallTime kNow = FromUnixMillis(1787220000000);

class UploadStep : public ::testing::Test {
 protected:
  static Upload At(UploadPhase phase) {
    Upload upload;
    upload.file = {"ab", "/p/a.png", 7, "png", ""};
    upload.phase = phase;
    upload.places = phase == UploadPhase::kApply ? 0 : 1;
    return upload;
  }
  UploadTransition After(Upload upload, api::Answer answer) const {
    api::Completion completion;
    completion.answer = std::move(answer);
    return AfterUpload(std::move(upload), completion, {kNow, kNow, limits_, true, 0.5});
  }
  UploadTransition AfterApi(UploadPhase phase, const std::string& code) const {
    return After(At(phase), Failure{FailureKind::kApi, 0, code, "text"});
  }
  UploadTransition AfterHttp(UploadPhase phase, int status, const std::string& code = "") const {
    return After(At(phase),
                 Failure{FailureKind::kHttp, status,
                         code.empty() ? "http_" + std::to_string(status) : code, "text"});
  }

  Limits limits_;
};

TEST_F(UploadStep, GoesFromPlaceToContentToFile) {
  UploadTransition step = After(At(UploadPhase::kApply), api::UploadPlace{"b", "r", "/x", "key"});
  EXPECT_EQ(step.next.phase, UploadPhase::kPut);
  EXPECT_EQ(step.next.place.session_key, "key");
  step = After(step.next, api::PutObjectAnswer{});
  EXPECT_EQ(step.next.phase, UploadPhase::kCommit);
  step = After(step.next, api::CommitUploadAnswer{"528"});
  EXPECT_EQ(step.file_id, "528");
  EXPECT_FALSE(step.failed);
}

TEST_F(UploadStep, CountsTheLifeOfKeysByTheServicesClockFromTheQuestion) {
  Upload upload = At(UploadPhase::kApply);
  upload.asked_at = kNow - Seconds{30};
  api::UploadPlace place{"b", "r", "/x", "key"};
  place.expires = kNow + std::chrono::hours{3};
  api::Completion completion;
  completion.answer = place;
  completion.server_time = kNow + std::chrono::hours{2};  // our clock is two hours behind
  const Upload next = AfterUpload(upload, completion, {kNow, kNow, limits_, true, 0.5}).next;
  EXPECT_EQ(next.keys_until, kNow - Seconds{30} + std::chrono::hours{1});
  EXPECT_FALSE(KeysAreOver(next, kNow));
  EXPECT_TRUE(KeysAreOver(next, kNow + std::chrono::minutes{59}));
  Upload often = next;
  often.places = 6;  // keys that never live longer: better tried than asked for for ever
  EXPECT_FALSE(KeysAreOver(often, kNow + std::chrono::minutes{59}));
}

TEST_F(UploadStep, TriesAgainWhatMayPass) {
  for (const UploadPhase phase : {UploadPhase::kApply, UploadPhase::kCommit}) {
    for (const char* code : {"InternalError", "FailedOperation", "RequestLimitExceeded",
                             "ResourceInsufficient", "SomethingNew"}) {
      const UploadTransition step = AfterApi(phase, code);
      EXPECT_FALSE(step.failed) << code;
      EXPECT_EQ(step.next.phase, phase) << code;
      EXPECT_GE(step.wait, Seconds{1}) << code;
      EXPECT_TRUE(step.answered);
    }
    for (const int status : {502, 503, 408, 429, 302}) {
      EXPECT_FALSE(AfterHttp(phase, status).failed) << status;
    }
    EXPECT_FALSE(After(At(phase), Failure{FailureKind::kUnclear, 0, "timeout", ""}).answered);
  }
  EXPECT_EQ(AfterHttp(UploadPhase::kPut, 503).next.phase, UploadPhase::kPut);
  EXPECT_EQ(AfterApi(UploadPhase::kApply, "RequestLimitExceeded").effect, Effect::kSlowQueries);
}

TEST_F(UploadStep, AsksForANewPlaceWhenTheOldOneIsOver) {
  for (const char* code : {"AccessDenied", "RequestTimeTooSkewed", "SignatureDoesNotMatch"}) {
    const UploadTransition step = AfterHttp(UploadPhase::kPut, 403, code);
    EXPECT_FALSE(step.failed);
    EXPECT_EQ(step.next.phase, UploadPhase::kApply) << code;
  }
  for (const char* code : {"InvalidParameterValue.VodSessionKey", "ResourceNotFound"}) {
    const UploadTransition step = AfterApi(UploadPhase::kCommit, code);
    EXPECT_FALSE(step.failed);
    EXPECT_EQ(step.next.phase, UploadPhase::kApply) << code;
  }
  Upload upload = At(UploadPhase::kPut);
  upload.places = 6;
  const UploadTransition last =
      After(upload, Failure{FailureKind::kHttp, 403, "AccessDenied", "text"});
  EXPECT_TRUE(last.failed);
  EXPECT_THAT(last.message, HasSubstr("again and again, last with AccessDenied"));
}

TEST_F(UploadStep, GetsANewPlaceAfterThreePutsWithoutAnAnswer) {
  Upload upload = At(UploadPhase::kPut);
  const Failure cut{FailureKind::kUnclear, 0, "reset", "text"};
  for (const UploadPhase phase : {UploadPhase::kPut, UploadPhase::kPut, UploadPhase::kApply}) {
    upload = After(upload, cut).next;
    EXPECT_EQ(upload.phase, phase);
  }
  EXPECT_FALSE(After(At(UploadPhase::kPut), cut).api);
}

TEST_F(UploadStep, FailsForWhatNoRepeatCures) {
  for (const char* code : {"InvalidParameterValue.MediaType", "InvalidParameter.ExpireTime",
                           "UnsupportedOperation", "MissingParameter"}) {
    const UploadTransition step = AfterApi(UploadPhase::kApply, code);
    EXPECT_TRUE(step.failed) << code;
    EXPECT_EQ(step.code, "upload_failed");
    EXPECT_THAT(step.message, HasSubstr(code));
  }
  EXPECT_TRUE(AfterHttp(UploadPhase::kPut, 400, "EntityTooLarge").failed);
  EXPECT_TRUE(AfterHttp(UploadPhase::kApply, 404).failed);
  Failure changed{FailureKind::kLocal, 0, "changed", "text", ErrorCode::kInvalid};
  EXPECT_EQ(After(At(UploadPhase::kPut), changed).code, "input_changed");
  changed.local_code = ErrorCode::kIo;
  EXPECT_EQ(After(At(UploadPhase::kPut), changed).code, "upload_failed");
}

TEST_F(UploadStep, StopsTheRunForWhatConcernsTheWholeOfIt) {
  EXPECT_EQ(AfterApi(UploadPhase::kApply, "UnauthorizedOperation").effect,
            Effect::kStopCredentials);
  EXPECT_EQ(AfterApi(UploadPhase::kApply, "LimitExceeded.Quota").effect, Effect::kStopAccount);
  EXPECT_EQ(After(At(UploadPhase::kPut), Failure{FailureKind::kUntrusted, 0, "tls", ""}).effect,
            Effect::kStopUntrusted);
  EXPECT_EQ(AfterApi(UploadPhase::kApply, "AuthFailure.SignatureExpire").effect,
            Effect::kStopCredentials);
  Failure corrected{FailureKind::kApi, 0, "AuthFailure.SignatureExpire", ""};
  corrected.clock_corrected = true;
  const UploadTransition again = After(At(UploadPhase::kApply), corrected);
  EXPECT_EQ(again.effect, Effect::kNone);
  EXPECT_EQ(again.wait, Millis{0});
}

TEST_F(UploadStep, GivesUpAfterTheTimeThatARunWaitsForAService) {
  Upload upload = At(UploadPhase::kPut);
  upload.failures = 10;
  upload.failing_since = kNow - limits_.give_up_after + Seconds{1};
  const Failure cut{FailureKind::kUnclear, 0, "reset", "text"};
  EXPECT_FALSE(After(upload, cut).failed);
  upload.failing_since = kNow - limits_.give_up_after;
  EXPECT_TRUE(After(upload, cut).failed);
  upload.failures = 1;  // a long upload may fail once and go on
  EXPECT_FALSE(After(upload, cut).failed);
}

TEST(UploadedFile, IsUsedUntilThreeDaysBeforeItsEnd) {
  store::UploadRow file{"ab", "/p", 1, "png", "528"};
  EXPECT_TRUE(IsUsable(file, kNow));
  file.expires = kNow + std::chrono::hours{72};
  EXPECT_FALSE(IsUsable(file, kNow));
  EXPECT_TRUE(IsUsable(file, kNow - Seconds{1}));
  file.file_id.clear();
  EXPECT_FALSE(IsUsable(file, kNow - Seconds{1}));
}

}  // namespace
}  // namespace aigc::pipeline
