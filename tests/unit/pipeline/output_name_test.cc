#include "pipeline/output_name.h"

#include <gtest/gtest.h>

namespace aigc::pipeline {
namespace {

store::ArtifactRow Artifact(int number, std::string url = "http://h/a/aigcVideoGenFile.mp4?x=1") {
  store::ArtifactRow artifact;
  artifact.number = number;
  artifact.url = std::move(url);
  return artifact;
}

TaskSpec Spec() {
  TaskSpec spec;
  spec.id = "hero";
  spec.model = "Kling";
  spec.version = "2.1";
  return spec;
}

TEST(OutputName, FollowsTheBatchsTemplate) {
  const auto name = NameOutput({"out/spring", "${id}-${output}.${ext}"}, Spec(), 1, Artifact(2));
  EXPECT_EQ(name.dir, "out/spring");
  EXPECT_EQ(name.filename, "hero-2.${ext}");
  EXPECT_EQ(name.suffix, "mp4");
}

TEST(OutputName, LetsATasksOwnNamesWin) {
  TaskSpec spec = Spec();
  spec.output_dir = "posters";
  spec.output_filename = "${model}-${version}-${id}.${ext}";
  const auto name = NameOutput({"out", "x.${ext}"}, spec, 1, Artifact(1));
  EXPECT_EQ(name.dir, "posters");
  EXPECT_EQ(name.filename, "Kling-2.1-hero.${ext}");
}

TEST(OutputName, NeverGivesTwoOutputsOneName) {
  EXPECT_EQ(NameOutput({"out", "${id}.${ext}"}, Spec(), 1, Artifact(1)).filename, "hero.${ext}");
  EXPECT_EQ(NameOutput({"out", "${id}.${ext}"}, Spec(), 1, Artifact(2)).filename, "hero-2.${ext}");
}

TEST(OutputName, MarksLaterGenerations) {
  EXPECT_EQ(NameOutput({"out", "${id}-${output}.${ext}"}, Spec(), 2, Artifact(1)).filename,
            "hero-1.g2.${ext}");
  EXPECT_EQ(NameOutput({"out", "${id}-v${generation}.${ext}"}, Spec(), 2, Artifact(1)).filename,
            "hero-v2.${ext}");
}

TEST(OutputName, KeepsAnIdWithSlashesInOnePlace) {
  TaskSpec spec = Spec();
  spec.id = "../../etc/passwd";
  EXPECT_EQ(NameOutput({"out", "${id}.${ext}"}, spec, 1, Artifact(1)).filename,
            ".._.._etc_passwd.${ext}");
}

TEST(OutputName, CallsContentWithoutALinkJson) {
  EXPECT_EQ(NameOutput({"out", ""}, Spec(), 1, Artifact(5, "")).suffix, "json");
}

TEST(OutputName, TakesTheFileTypeWhenTheLinkHasNoSuffix) {
  store::ArtifactRow artifact = Artifact(1, "http://h/result");
  artifact.media_type = "webm";
  EXPECT_EQ(NameOutput({"out", ""}, Spec(), 1, artifact).suffix, "webm");
}

}  // namespace
}  // namespace aigc::pipeline
