"""The words of the report, each with its formula and its best value."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """One word of the report: what it means, how it is computed, what value is best."""

    name: str
    meaning: str
    formula: str
    best: str


TERMS = (
    Term(
        "Adverse impact ratio",
        "How often a group is approved, compared with its reference group.",
        "selection rate of the group / selection rate of the reference group",
        "1; below 0.80 calls for a reason (a screen from employment guidance, not a legal limit)",
    ),
    Term(
        "Alternative, less discriminatory",
        "Another model that ranks as well and treats the group that is worst off better.",
        "not inferior by AUC, and a materially higher lowest adverse impact ratio",
        "none found; found is for a person to judge",
    ),
    Term(
        "As of",
        "What the run may know. Anything that became known later is invisible to it.",
        "business date and observation date on or before this date",
        "none",
    ),
    Term(
        "AUC",
        "How likely a random positive is scored above a random negative.",
        "P(score of a positive > score of a negative) + ½ P(equal)",
        "1; 0.5 is chance",
    ),
    Term(
        "Average precision",
        "Precision averaged over all cut-offs, weighted by the gain in recall.",
        "Σ (recall_k - recall_(k-1)) x precision_k",
        "1; the base rate is chance",
    ),
    Term(
        "Brier score",
        "Mean squared distance between predicted probability and outcome.",
        "mean of (score - outcome)²",
        "0",
    ),
    Term(
        "Brier skill",
        "How much better the scores are than predicting the base rate for everybody.",
        "1 - Brier score / Brier score of the base rate",
        "1; 0 is no better than the base rate",
    ),
    Term(
        "Calibration",
        "Whether, of those scored 20 %, about 20 % turn out positive.",
        "observed rate against mean score, by band of scores",
        "observed = predicted (the diagonal)",
    ),
    Term(
        "Calibration by group",
        "Whether a score means the same risk in every group.",
        "(observed / predicted of the group) / (observed / predicted of everybody)",
        "1",
    ),
    Term(
        "Calibration slope and intercept",
        "Whether scores lie as far apart as outcomes do, and at the right height.",
        "logit P(positive) = a + b logit(score): b; logit P(positive) = a + logit(score): a",
        "slope 1, intercept 0; a slope below 1: scores lie too far apart",
    ),
    Term(
        "Candidate, champion, baseline",
        "The model trained in this run, the one in use, and the plain scorecard beside them.",
        "roles, not places",
        "none",
    ),
    Term(
        "Critical value (of PSI)",
        "What PSI chance alone reaches with so many rows, all features and pools counted.",
        "chi-square quantile (bins - 1) x (1/n reference + 1/n current)",
        "none",
    ),
    Term(
        "Cross-fitted",
        "A row is scored by what other rows teach, never by its own outcome.",
        "five folds; the rate of a row's bin among the other four, drawn to the average",
        "none",
    ),
    Term(
        "Equal opportunity difference",
        "Among those who turn out well, how much more often one group is approved.",
        "approval rate of negatives in the group - the same in the reference group",
        "0",
    ),
    Term(
        "Equalised odds",
        "How differently the errors fall on two groups.",
        "larger of |difference of false positive rates| and |difference of true positive rates|",
        "0",
    ),
    Term(
        "Expected cost",
        "What the decisions cost on average, with the costs of the spec.",
        "(approved bad x its cost + declined good x its cost) / applications",
        "as low as possible; lower than approving or declining everybody",
    ),
    Term(
        "Expected loss",
        "What an approved application is expected to cost, by the candidate's own score.",
        "score x exposure x loss given default",
        "none",
    ),
    Term(
        "False discovery rate",
        "The share of false ones among the alarms raised, on average, over all features together.",
        "Benjamini and Hochberg: p-value k of m in order <= rate x k / m",
        "none; the policy states it",
    ),
    Term(
        "Gini",
        "The AUC on a scale from 0 (chance) to 1.",
        "2 x AUC - 1",
        "1",
    ),
    Term(
        "Interval",
        "The range that holds the true figure with the stated confidence.",
        "as stated with each check",
        "wholly on the good side of the limit; an interval across it decides nothing",
    ),
    Term(
        "KS",
        "The largest distance between the score distributions of positives and negatives.",
        "max |F_positive(s) - F_negative(s)|",
        "1; 0 is chance",
    ),
    Term(
        "Leakage",
        "An input knows the outcome before it happened, or test rows were learnt from.",
        "as stated with each check LEAK-001 to LEAK-008",
        "none; what is suspected stays only with a recorded reason",
    ),
    Term(
        "Non-inferiority margin",
        "How much worse than the other model a candidate may at most be.",
        "lower end of the interval of AUC candidate - AUC other >= -margin",
        "the whole interval to the right of the margin",
    ),
    Term(
        "Not enough evidence",
        "The data cannot carry a verdict. It opens no gate.",
        "an interval across the limit, or too few rows",
        "none",
    ),
    Term(
        "Out of time",
        "The newest matured nights, which neither training nor calibration saw.",
        "a window by business date",
        "none",
    ),
    Term(
        "Positive, negative",
        "Positive: the outcome the model predicts, such as a default. Negative: its absence.",
        "as the label is declared in the spec",
        "none",
    ),
    Term(
        "Promised AUC",
        "The AUC that scores would have among some rows if each were exactly right.",
        "Σ p_i (1 - p_j) [s_i > s_j] / Σ p_i (1 - p_j), over pairs i, j",
        "observed AUC = promised AUC",
    ),
    Term(
        "Proxy",
        "An input, or several together, that tells a protected group from everybody else.",
        "P(score of a member > score of anybody else) + ½ P(equal), by a model of group by inputs",
        "0.5: the inputs know nothing of the group",
    ),
    Term(
        "PSI",
        "Population stability index: how far a distribution moved from its reference.",
        "Σ (current - reference) x ln(current / reference), over frozen bins",
        "0; by convention below 0.10 is stable, from 0.25 calls for action",
    ),
    Term(
        "Rank correlation",
        "Whether two scores put applications in the same order, whatever their size.",
        "Spearman: correlation of ranks, ties sharing their mean rank",
        "1 is the same order; 0 none in common",
    ),
    Term(
        "Reverse stress",
        "How many times a scenario must be dealt before a gate breaks.",
        "smallest multiple that breaks approvals, expected loss or ranking",
        "far above 1",
    ),
    Term(
        "Segment",
        "Rows for which one or two conditions on features hold.",
        "a band of a number, a level of a category, or a missing value",
        "none",
    ),
    Term(
        "Selection rate",
        "Share with the favourable outcome: not declined.",
        "approved / all, within the group",
        "none",
    ),
    Term(
        "Standardised mean difference",
        "How far apart two groups are scored, in standard deviations of the score.",
        "(mean score of the group - mean of the reference) / pooled standard deviation",
        "0; above 0 the group is scored as the greater risk",
    ),
    Term(
        "Watch window",
        "Nights whose outcomes are not known yet. They are watched for drift, never trained on.",
        "business date after the last matured night",
        "none",
    ),
)
"""In alphabetical order, as a reader looks them up."""
