// node victim.ts BASE_URL JOURNAL: evaluates, and prints the report; it is killed on the way.
import { evaluated } from "./questions.ts";

const [baseURL = "", journal = ""] = process.argv.slice(2);
process.stdout.write(await evaluated(baseURL, journal));
