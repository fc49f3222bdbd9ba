// `cdk diff --security-only` for many pairs of templates in one process: starting the CLI takes longer than comparing.
// Reads one JSON list of {"id", "app", "before", "stack"} and writes a list of {"id", "code", "text"}.
const { exec } = require(process.argv[2]);

async function main() {
  let given = "";
  for await (const chunk of process.stdin) given += chunk;
  const found = [];
  const [out, err] = [process.stdout.write, process.stderr.write];
  for (const job of JSON.parse(given)) {
    let text = "";
    let code = null;
    process.stdout.write = process.stderr.write = (chunk) => {
      text += chunk;
      return true;
    };
    try {
      code = await exec([
        "diff", job.stack, "--exclusively", "--app", job.app, "--template", job.before,
        "--security-only", "--fail-on", "broadening", "--no-color", "--no-notices", "--ci",
      ]);
    } catch (error) {
      text += String(error);
    } finally {
      process.stdout.write = out;
      process.stderr.write = err;
    }
    found.push({ id: job.id, code: code ?? 0, text });
  }
  process.stdout.write(JSON.stringify(found));
}

main();
