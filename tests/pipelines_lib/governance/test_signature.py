"""Column types and environments, as a scoring client meets them."""

import yaml

from pipelines_lib.governance.signature import column_types, environment_files
from pipelines_lib.spec.inputs import Feature


def feature(kind, **more):
    told = {"name": kind, "source": "s", "type": kind, "meaning": "m", "reason": "r", **more}
    return Feature.model_validate(told)


def test_each_kind_of_feature_has_a_type_and_a_gap_leaves_whole_numbers_open():
    features = [
        feature("number", missing="allowed"),
        feature("integer"),
        feature("integer", missing="allowed"),
        feature("integer", missing_codes=[-1]),
        feature("category", levels=["a"]),
    ]
    assert [kind for _, kind in column_types(features)] == [
        "double", "long", "any", "any", "string",
    ]  # fmt: skip


def test_conda_and_pip_are_told_the_same_requirements():
    files = environment_files(["a==1", "b==2"])
    assert files["requirements.txt"] == "a==1\nb==2\n"
    assert yaml.safe_load(files["conda.yaml"])["dependencies"][-1] == {"pip": ["a==1", "b==2"]}
    assert yaml.safe_load(files["python_env.yaml"])["dependencies"] == ["-r requirements.txt"]
