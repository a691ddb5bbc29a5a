// `node hack/bootstrap.mjs hack/tools/main.ts NAME…` prints the path of each tool, building what is missing.
import { type ToolName, toolNames } from './catalogue.ts';
import { tool } from './tools.ts';

function isTool(name: string): name is ToolName {
  return toolNames.some((known) => known === name);
}

const names = process.argv.slice(2);
const wrong = names.find((name) => !isTool(name));
if (names.length === 0 || wrong !== undefined) {
  if (wrong !== undefined && wrong !== '--help') console.error(`no tool is called ${wrong}`);
  console.error(
    `usage: main.ts TOOL…   prints the path of each, built on demand\ntools: ${toolNames.join(', ')}`,
  );
  process.exitCode = wrong === '--help' ? 0 : 64;
} else {
  for (const name of names) if (isTool(name)) console.log(await tool(name));
}
