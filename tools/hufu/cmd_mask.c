/* cmd_mask.c - the commands of `hufu mask` that need no node. */
#include "mask.h"

const struct hf_command hf_commands_mask[] = {
        {"mask", "identify", "which fields of tables and texts are sensitive, and how sure that is",
         "hufu mask identify FILE... [--rows N] [--format csv|lines|text] [--encoding utf-8|gb18030]\n"
         "                   [--about FILE] [--detectors FILE] [--inventory FILE] [--shape-only]\n"
         "\n"
         "  FILE               a CSV table, JSON lines (.jsonl, .ndjson) or any other text; it is only read\n"
         "  --rows N           look at the first N rows (default 100000)\n"
         "  --format F         when the file's name does not tell it\n"
         "  --encoding E       when the first bytes do not tell it\n"
         "  --about FILE       JSON: {\"table\": \"...\", \"comment\": \"...\", \"fields\": {\"NAME\": \"comment\"}}\n"
         "  --detectors FILE   your own detectors: JSON, see docs/masking.md\n"
         "  --inventory FILE   keep what is found there, for people to confirm; exit status 1 when a confirmed\n"
         "                     field looks otherwise now\n"
         "  --shape-only       codes with a wrong check digit count too, where such exist in practice\n"
         "\n"
         "Values are never printed. Fields that share values are shown as relations.\n"
         "\n"
         "example:\n"
         "  hufu mask identify passages.csv drivers.csv --detectors ours.json",
         hf_mask_cli_identify},
        {"mask", "plan", "whether a masking plan is whole, and its digest",
         "hufu mask plan PLAN [--inventory FILE] [--methods FILE]\n"
         "hufu mask plan --propose INVENTORY\n"
         "\n"
         "  --inventory FILE   exit status 1 when the confirmed inventory says otherwise: a sensitive field is kept,\n"
         "                     masked as another type, not confirmed, or otherwise than what it belongs to\n"
         "  --methods FILE     methods of your own that the plan uses: YAML, see docs/masking.md\n"
         "  --propose FILE     print a plan for what the inventory holds: each field by what is usual for its kind,\n"
         "                     those that belong together alike; people, need and purpose are to be filled in\n"
         "\n"
         "example:\n"
         "  hufu mask plan tolls.yaml",
         hf_mask_cli_plan},
        {"mask", "run", "mask a table of CSV or JSON lines by a plan",
         "hufu mask run PLAN FILE --table NAME --output FILE [--key FILE] [--format csv|lines] [--encoding E]\n"
         "              [--methods FILE]\n"
         "\n"
         "  --table NAME    the table of the plan that FILE is\n"
         "  --output FILE   where the masked table goes, when the plan's checks have passed\n"
         "  --key FILE      the organization's masking key: 64 hex digits in a file that only its owner can read\n"
         "  --format F      csv or lines, when the file's name (.csv, .jsonl, .ndjson) does not tell it\n"
         "  --methods FILE  methods of your own that the plan uses: YAML, see docs/masking.md\n"
         "  --encoding E    utf-8 or gb18030, when the first bytes do not tell it; the result is UTF-8\n"
         "\n"
         "A result named .csv, .jsonl or .ndjson is of that form, another one of the form of FILE. In JSON lines "
         "numbers\n"
         "stay numbers where they still are some; objects and arrays inside are refused.\n"
         "\n"
         "examples:\n"
         "  hufu mask run tolls.yaml passages.csv --table passages --output masked.csv --key mask.key\n"
         "  hufu mask run tolls.yaml passages.jsonl --table passages --output masked.jsonl --key mask.key",
         hf_mask_cli_run},
        {"mask", "evaluate", "how easily rows of a table are found again, before and after masking",
         "hufu mask evaluate BEFORE AFTER --quasi NAMES [--sensitive NAMES] [--population FILE]\n"
         "                   [--people N] [--hierarchies DIR] [--k N] [--l N] [--t X] [--threshold X]\n"
         "                   [--recovery X] [--grade N] [--questions N] [--seed TEXT] [--html FILE] [--json]\n"
         "\n"
         "  BEFORE, AFTER       CSV or JSON lines: the original, and what the recipient would get\n"
         "  --quasi NAMES       columns by which someone is known elsewhere, with commas between\n"
         "  --sensitive NAMES   columns that nobody should learn of a person\n"
         "  --population FILE   a table of all who could be in the table, masked as AFTER is\n"
         "  --people N          how many people the population has, of whom the table is a sample: estimates how many\n"
         "                      are alone in it\n"
         "  --hierarchies DIR   COLUMN.csv in it: lines VALUE,LEVEL 1,LEVEL 2,... by which t is measured too\n"
         "  --k N               exit status 1 when a class has fewer rows\n"
         "  --l N               exit status 1 when a class has fewer different sensitive values\n"
         "  --t X               exit status 1 when a class is farther from the whole table (0 to 1)\n"
         "  --threshold X       risk from which a row counts as at risk (default 0.05)\n"
         "  --recovery X        exit status 1 when more values of a changed column come back (0 to 1)\n"
         "  --grade N           exit status 1 when the grade of GB/T 42460 is lower (1 to 4)\n"
         "  --questions N       random range questions to both tables (default 200)\n"
         "  --seed TEXT         another text draws other questions\n"
         "  --html FILE         the same as a page with plots, which needs nothing else and shows no value\n"
         "\n"
         "example:\n"
         "  hufu mask evaluate owners.csv masked.csv --quasi region,born,sex --sensitive income --k 5",
         hf_mask_cli_evaluate},
        {"mask", "suggest", "how coarse quasi-identifiers must be to meet k, l and t, as a plan",
         "hufu mask suggest TABLE --quasi NAMES [--sensitive NAMES] [--k N] [--l N] [--t X] [--suppress SHARE]\n"
         "                  [--hierarchies DIR] [--keep NAMES] [--table NAME] [--seconds N] [--json]\n"
         "\n"
         "  TABLE               CSV or JSON lines\n"
         "  --quasi NAMES       columns by which someone is known elsewhere: these become coarser\n"
         "  --sensitive NAMES   columns that nobody should learn of a person: kept\n"
         "  --keep NAMES        other columns that are kept; those that are not named are left out\n"
         "  --k N --l N --t X   what the result has to meet, as for `hufu mask evaluate`\n"
         "  --suppress SHARE    of the rows may lose their quasi-identifiers for it (default 0)\n"
         "  --hierarchies DIR   COLUMN.csv in it: lines VALUE,LEVEL 1,LEVEL 2,...; other numbers, times and codes\n"
         "                      have levels of their own\n"
         "  --table NAME        what the plan calls the table; the file's name when nothing is said\n"
         "  --seconds N         print the best so far then; so does an interrupt\n"
         "\n"
         "The plan goes to standard output; people, need and purpose are to be filled in.\n"
         "\n"
         "example:\n"
         "  hufu mask suggest owners.csv --quasi region,born,sex --sensitive income --k 5 --suppress 0.01 > plan.yaml",
         hf_mask_cli_suggest},
        {"mask", "trace", "whose release leaked rows are from",
         "hufu mask trace FILE --releases FILE|DIR... [--json]\n"
         "hufu mask trace FILE --source NAME --reason TEXT [--json]\n"
         "hufu mask trace --cancel TRACE\n"
         "\n"
         "  FILE              leaked rows: CSV or JSON lines with at least some of the columns' names\n"
         "  --releases FILE   what was released to whom; a folder: all that end in .json. {\"releases\": [\n"
         "                    {\"release\": NAME, \"recipient\": NAME, \"plan\": FILE, \"table\": NAME,\n"
         "                    \"original\": FILE, \"key\": FILE, \"consumer\": NAME, \"contract\": ID, \"epoch\": N,\n"
         "                    \"seed\": FILE, \"methods\": FILE}]}; the last five where they are not as the plan says\n"
         "  --source NAME     instead: what the node released of that source, by masking tasks and by deliveries;\n"
         "                    plans, keys and rows stay there. For the role leak-tracer, in a session with two "
         "factors\n"
         "  --reason TEXT     why; it stands in the node's ledger with what came of it\n"
         "  --cancel TRACE    end a trace that a node is at; so does an interrupt\n"
         "\n"
         "Names a recipient only when the probability that it is not he is below 1e-9, and says what is undecided.\n"
         "\n"
         "examples:\n"
         "  hufu mask trace leaked.csv --releases releases.json\n"
         "  hufu mask trace leaked.csv --source passages --reason 'found on a forum, case 17/2026'",
         hf_mask_cli_trace},
        {"mask", "techniques", "what each masking technique does to data, and its parameters",
         "hufu mask techniques [ID] [--methods FILE] [--json]\n"
         "hufu mask techniques --try ID --methods FILE [--rows N] [--json]\n"
         "\n"
         "  ID               one technique, with its parameters and limits\n"
         "  --methods FILE   methods of your own, too: YAML, see docs/masking.md\n"
         "  --try ID         whether a method of the file does what its record says; exit status 1 when it does not\n"
         "  --rows N         on so many values (default 1000000)\n"
         "\n"
         "examples:\n"
         "  hufu mask techniques fpe\n"
         "  hufu mask techniques --try acme.badge --methods ours.yaml",
         hf_mask_cli_techniques},
        {"mask", "confirm", "say what of an inventory is right",
         "hufu mask confirm INVENTORY --by NAME [--field TABLE.FIELD[=KIND]]... [--relation TEXT]... [--drop TEXT]... "
         "[--all]\n"
         "\n"
         "  --field F          the proposal is right, or the field is of that kind; none: it is not sensitive\n"
         "  --relation TEXT    the relation is right, as its text stands in the inventory\n"
         "  --drop TEXT        the relation is none, and is not proposed again\n"
         "  --all              all that is still proposed is right\n"
         "\n"
         "example:\n"
         "  hufu mask confirm map.json --by li --field drivers.c7=cn.passport --field drivers.note=none --all",
         hf_mask_cli_confirm},
        {"mask", "detectors", "the kinds of sensitive values that are recognised, and by what",
         "hufu mask detectors [--json]\n"
         "\n"
         "example:\n"
         "  hufu mask detectors",
         hf_mask_cli_detectors},
        {NULL, NULL, NULL, NULL, NULL},
};
