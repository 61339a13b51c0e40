import { SUBJECTS } from "../../scripts/crash-matrix/subjects.ts";
import { teleprompterSuite } from "../conformance/teleprompter.ts";

for (const name of Object.keys(SUBJECTS)) teleprompterSuite(name);
