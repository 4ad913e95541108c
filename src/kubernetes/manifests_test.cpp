#include "src/kubernetes/manifests.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "src/kubernetes/inputs.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::kubernetes {
namespace {

std::vector<std::string> names(const std::vector<Input>& inputs, const std::string& folder) {
  std::vector<std::string> names;
  for (const Input& input : inputs) {
    const std::string shown =
        input.name.starts_with(folder + "/") ? input.name.substr(folder.size() + 1) : input.name;
    names.push_back(shown + (input.unreadable.empty() ? "" : ": " + input.unreadable));
  }
  return names;
}

using Names = std::vector<std::string>;

TEST(Inputs, AFolderIsAllItsManifests) {
  const rig::TemporaryFolder folder;
  namespace fs = std::filesystem;
  for (const char* const inside : {"b", ".git", "chart/templates", "d.yaml"}) {
    fs::create_directories(folder.path() / inside);
  }
  for (const char* const file : {"z.yaml", "a.yml", "b/c.json", "b/d.txt", ".git/e.yaml", ".f.yaml",
                                 "chart/Chart.yaml", "chart/templates/a.yaml", "d.yaml/g.yaml"}) {
    rig::write_file(folder / file, "a: b\n");
  }
  EXPECT_EQ(
      names(read_inputs({folder.path()}), folder.path()),
      (Names{"a.yml", "b/c.json", "chart: it is a Helm chart, whose templates are not manifests",
             "d.yaml/g.yaml", "z.yaml"}));
}

TEST(Inputs, AKustomizationNeedsNoExtension) {
  const rig::TemporaryFolder folder;
  for (const char* const file : {"Kustomization", "LICENSE", "kustomization"}) {
    rig::write_file(folder / file, "a: b\n");
  }
  EXPECT_EQ(names(read_inputs({folder.path()}), folder.path()), Names{"Kustomization"});
}

TEST(Inputs, LinksToFoldersAreFollowedOnce) {
  const rig::TemporaryFolder outside;
  rig::write_file(outside / "b.yaml", "a: b\n");
  const rig::TemporaryFolder folder;
  namespace fs = std::filesystem;
  fs::create_directories(folder.path() / "real");
  rig::write_file(folder / "real/a.yaml", "a: b\n");
  fs::create_directory_symlink(folder.path(), folder.path() / "real/again");
  fs::create_directory_symlink(folder.path() / "real", folder.path() / "before");
  fs::create_directory_symlink(outside.path(), folder.path() / "link");
  EXPECT_EQ(names(read_inputs({folder.path()}), folder.path()),
            (Names{"real/a.yaml", "link/b.yaml"}));
}

TEST(Inputs, WhatIsNamedTwiceIsReadOnce) {
  const rig::TemporaryFolder folder;
  rig::write_file(folder / "a.yaml", "a: b\n");
  EXPECT_EQ(read_inputs({folder / "a.yaml", folder.path(), folder / "a.yaml"}).size(), 1U);
}

TEST(Inputs, WhatCannotBeReadSaysWhy) {
  const rig::TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "empty");
  const std::vector<Input> inputs = read_inputs({folder / "none.yaml", folder / "empty"});
  EXPECT_EQ(names(inputs, folder.path()),
            (Names{"none.yaml: it cannot be read: No such file or directory",
                   "empty: the folder has no file that ends in .yaml, .yml or .json"}));
  for (const Input& input : inputs) EXPECT_FALSE(input.next.empty());
}

TEST(Manifests, ListsAreUnfolded) {
  const auto manifests = read_manifests(
      {{.name = "a.yaml",
        .text =
            "apiVersion: v1\nkind: List\nitems:\n- apiVersion: apps/v1\n  kind: DeploymentList\n"
            "  items:\n  - apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: b, "
            "namespace: c}\n- apiVersion: v1\n  kind: Pod\n- word\n"}});
  ASSERT_EQ(manifests->objects.size(), 2U);
  EXPECT_EQ(manifests->documents, 2U);
  EXPECT_EQ(manifests->objects[0].kind, "Deployment");
  EXPECT_EQ(manifests->objects[0].name, "b");
  EXPECT_EQ(manifests->objects[0].space, "c");
  EXPECT_EQ(manifests->objects[0].line, 7);
  EXPECT_EQ(manifests->objects[1].line, 10);
}

TEST(Manifests, AListInsideItselfEnds) {
  std::string text = "apiVersion: v1\nkind: List\nitems: [";
  for (int i = 0; i < 40; ++i) text += "{apiVersion: v1, kind: List, items: [";
  for (int i = 0; i < 40; ++i) text += "]}";
  EXPECT_EQ(read_manifests({{.name = "a", .text = text + "]\n"}})->objects.size(), 1U);
}

}  // namespace
}  // namespace headwater::kubernetes
