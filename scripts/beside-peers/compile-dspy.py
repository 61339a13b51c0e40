# DSPy's optimizers on the benches' loopback server: python compile-dspy.py BASE_URL random_search|mipro THREADS
import json
import logging
import sys
import time

import dspy

base_url, optimizer, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
logging.disable(logging.WARNING)
lm = dspy.LM("openai/bench", api_base=base_url, api_key="none", cache=False)
dspy.configure(lm=lm)
examples = [
    dspy.Example(question=f"What is the code of item {index}?", answer=f"code-{index}").with_inputs("question")
    for index in range(200)
]
trainset, valset = examples[:100], examples[100:]


def metric(example, prediction, trace=None):
    return example.answer == prediction.answer


def optimize():
    program = dspy.Predict("question -> answer")
    if optimizer == "random_search":
        search = dspy.BootstrapFewShotWithRandomSearch(metric=metric, num_candidate_programs=8, num_threads=threads)
        return search.compile(program, trainset=trainset, valset=valset)
    search = dspy.MIPROv2(metric=metric, auto="light", num_threads=threads)
    return search.compile(program, trainset=trainset, valset=valset)


# What is loaded on the first call is no part of it.
dspy.Evaluate(devset=trainset[:64], metric=metric, num_threads=threads, display_progress=False)(
    dspy.Predict("question -> answer")
)
calls, started = len(lm.history), time.perf_counter()
better = optimize()
wall = time.perf_counter() - started
candidates = {
    f"seed {each['seed']}": {"score": each["score"], "rights": [bool(right) for right in each["subscores"]]}
    for each in getattr(better, "candidate_programs", [])
    if "subscores" in each
}
demos = [[[demo.get("question"), demo.get("answer")] for demo in each.demos] for each in better.predictors()]
told = {"wallMs": wall * 1000, "lmCalls": len(lm.history) - calls, "candidates": candidates, "demos": demos}
print(json.dumps(told))
