# DSPy's Evaluate on the benches' loopback server: python evaluate-dspy.py BASE_URL EXAMPLES THREADS
import json
import resource
import sys
import time

import dspy

base_url, count, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
lm = dspy.LM("openai/bench", api_base=base_url, api_key="none", cache=False)
dspy.configure(lm=lm)
program = dspy.Predict("question -> answer")
devset = [
    dspy.Example(question=f"What is the code of item {index}?", answer=f"code-{index}").with_inputs("question")
    for index in range(count)
]


def metric(example, prediction, trace=None):
    return example.answer == prediction.answer


def evaluate(examples):
    return dspy.Evaluate(
        devset=examples, metric=metric, num_threads=threads, display_progress=False, display_table=False
    )(program)


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


# What is loaded on the first call is no part of it.
evaluate(devset[:64])
before, started = cpu(), time.perf_counter()
result = evaluate(devset)
wall, spent = time.perf_counter() - started, cpu() - before
print(json.dumps({"examples": count, "wallMs": wall * 1000, "cpuMs": spent * 1000, "score": result.score}))
