"""The DSPy side of examples/09-from-dspy.ts (DSPy 3.4.1: `pip install dspy==3.4.1`).

    python support.py train FILE   compiles the program, with answers that are written below, and saves it: support.json
    python support.py send FILE    loads FILE and prints the messages that DSPy then sends for a ticket, as JSON
"""

import json
import sys
from typing import Literal

import dspy
from dspy.utils import DummyLM

TICKET = "I was charged twice this month."


class Triage(dspy.Signature):
    """Triage a customer's ticket."""

    ticket: str = dspy.InputField(desc="What the customer wrote.")
    urgency: Literal["low", "high"] = dspy.OutputField()
    topic: Literal["billing", "delivery", "other"] = dspy.OutputField()


class Support(dspy.Module):
    def __init__(self):
        self.triage = dspy.Predict(Triage)
        self.reply = dspy.ChainOfThought("ticket, urgency, topic -> reply")

    def forward(self, ticket):
        triaged = self.triage(ticket=ticket)
        answered = self.reply(ticket=ticket, urgency=triaged.urgency, topic=triaged.topic)
        return dspy.Prediction(urgency=triaged.urgency, topic=triaged.topic, reply=answered.reply)


TRAINSET = [
    dspy.Example(ticket="My parcel has not come for two weeks!", urgency="high", topic="delivery"),
    dspy.Example(ticket="Can I have a copy of the invoice from May?", urgency="low", topic="billing"),
]
ANSWERS = [
    {"urgency": "high", "topic": "delivery"},
    {"reasoning": "Two weeks is too long: apologise, and say what happens now.",
     "reply": "I am sorry. I have asked the carrier to find your parcel, and will write to you tomorrow."},
    {"urgency": "low", "topic": "billing"},
    {"reasoning": "A small wish that can be granted at once.", "reply": "Of course: the invoice from May is attached."},
]


def right(example, prediction, trace=None):
    return example.urgency == prediction.urgency and example.topic == prediction.topic


def train(path):
    dspy.configure(lm=DummyLM(ANSWERS))
    optimizer = dspy.BootstrapFewShot(metric=right, max_bootstrapped_demos=2, max_labeled_demos=0)
    trainset = [example.with_inputs("ticket") for example in TRAINSET]
    optimizer.compile(Support(), trainset=trainset).save(path)


def send(path):
    lm = DummyLM([{"urgency": "high", "topic": "billing"}, {"reasoning": "Twice is once too often.", "reply": "Sorry."}])
    dspy.configure(lm=lm)
    support = Support()
    support.load(path)
    support(ticket=TICKET)
    print(json.dumps([call["messages"] for call in lm.history], indent=1, ensure_ascii=False))


if __name__ == "__main__":
    {"train": train, "send": send}[sys.argv[1]](sys.argv[2])
