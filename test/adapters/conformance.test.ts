import { chatAdapter } from "../../src/adapters/chat-adapter.ts";
import { jsonAdapter } from "../../src/adapters/json-adapter.ts";
import { leanAdapter } from "../../src/adapters/lean-adapter.ts";
import { twoStepAdapter } from "../../src/adapters/two-step-adapter.ts";
import { xmlAdapter } from "../../src/adapters/xml-adapter.ts";
import { adapterSuite } from "../conformance/adapter.ts";

adapterSuite("chat", chatAdapter);
adapterSuite("json", jsonAdapter);
adapterSuite("xml", xmlAdapter);
adapterSuite("lean", leanAdapter);
adapterSuite("two_step", twoStepAdapter);
