# DSPy's GEPA on the benches' loopback server: python reflect-dspy.py BASE_URL THREADS METRIC_CALLS
import json
import logging
import sys
import time

import dspy

base_url, threads, calls = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
logging.disable(logging.WARNING)
lm = dspy.LM("openai/bench", api_base=base_url, api_key="none", cache=False)
dspy.configure(lm=lm)
trainset = [
    dspy.Example(question=f"What is the code of item {index}?", answer=f"code-{index}").with_inputs("question")
    for index in range(40)
]


def metric(gold, pred, trace=None, pred_name=None, pred_trace=None):
    return float(gold.answer == pred.answer)


# What is loaded on the first call is no part of it.
dspy.Evaluate(devset=trainset, metric=metric, num_threads=threads, display_progress=False)(
    dspy.Predict("question -> answer")
)
before, started = len(lm.history), time.perf_counter()
search = dspy.GEPA(
    metric=metric, max_metric_calls=calls, num_threads=threads, reflection_lm=lm, track_stats=True, seed=0
)
better = search.compile(dspy.Predict("question -> answer"), trainset=trainset, valset=trainset)
wall = time.perf_counter() - started
results = better.detailed_results
instructions = [each.signature.instructions for each in results.candidates]
told = {
    "wallMs": wall * 1000,
    "lmCalls": len(lm.history) - before,
    "instructions": instructions,
    "scores": [round(100 * score, 2) for score in results.val_aggregate_scores],
}
print(json.dumps(told))
