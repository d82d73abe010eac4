// Flights and answers that the tests of Step() share.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "pipeline/step.h"

namespace aigc::pipeline {

inline constexpr WallTime kNow{Millis{1'787'212'800'000}};

class StepTest : public ::testing::Test {
 protected:
  StepContext Context() const { return {now, now, limits, download, 0.5}; }

  // A task whose first send is on the wire.
  static Flight Sending() {
    Flight flight;
    flight.row.key = 7;
    flight.row.id = "hero";
    flight.row.state = TaskState::kSubmitting;
    flight.row.attempts = 1;
    flight.row.submissions = 1;
    flight.submission.key = 3;
    flight.submission.sends = 1;
    flight.submission.unknown_sends = 1;
    flight.submission.first_send = kNow;
    flight.submission.first_send_server = kNow;
    flight.phase = Phase::kSending;
    flight.send = 11;
    return flight;
  }

  // The same after an earlier send of it stayed unknown and was repeated.
  static Flight Repeating() {
    Flight flight = Sending();
    flight.submission.sends = 2;
    flight.submission.unknown_sends = 2;
    return flight;
  }

  static Flight Running() {
    Flight flight = Sending();
    flight.row.state = TaskState::kRunning;
    flight.submission.outcome = store::SubmissionOutcome::kAccepted;
    flight.submission.task_id = "t1";
    flight.submission.unknown_sends = 0;
    flight.submission.accepted_at = kNow;
    flight.phase = Phase::kLook;
    return flight;
  }

  static Flight Downloading() {
    Flight flight = Running();
    flight.row.state = TaskState::kDownloading;
    flight.phase = Phase::kFetch;
    store::ArtifactRow artifact;
    artifact.task = 7;
    artifact.url = "http://h/x.mp4";
    flight.artifacts = {artifact};
    return flight;
  }

  static api::Completion Fails(api::FailureKind kind, std::string code,
                               std::string message = "text", int http_status = 0) {
    api::Completion completion;
    completion.answer = api::Failure{kind, http_status, std::move(code), std::move(message)};
    return completion;
  }

  static api::Completion ApiError(std::string code, std::string message = "text") {
    return Fails(api::FailureKind::kApi, std::move(code), std::move(message));
  }

  static api::TaskDetail Finish() {
    api::TaskDetail detail;
    detail.status = api::RemoteStatus::kFinished;
    detail.has_task = true;
    detail.began = kNow;
    detail.finished = kNow + Seconds{60};
    return detail;
  }

  static api::TaskDetail Failed(int code, std::string ext, std::string message = "text") {
    api::TaskDetail detail = Finish();
    detail.err_code = code;
    detail.err_code_ext = std::move(ext);
    detail.message = std::move(message);
    return detail;
  }

  Transition Create(Flight flight, const api::Completion& completion) {
    return Step(std::move(flight), CreateEnded{completion}, Context());
  }
  Transition Look(Flight flight, api::TaskDetail detail) {
    api::Completion completion;
    completion.answer = std::move(detail);
    return Step(std::move(flight), LookEnded{completion}, Context());
  }
  Transition Fetch(Flight flight, const api::Completion& completion) {
    return Step(std::move(flight), FetchEnded{0, completion}, Context());
  }

  WallTime now = kNow;
  Limits limits;
  bool download = true;
};

}  // namespace aigc::pipeline
