import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import ts from "typescript";

const SRC = path.join(import.meta.dirname, "../src");

/** The modules that callers import. Where a module declares only types there is nothing to run. */
const ENTRIES = [
  { name: "index", isCode: true },
  { name: "ai-sdk", isCode: false },
];

/** Writes what the package consists of: of each entry one file of declarations, and of those with code one script. */
export async function writeDistribution(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const { name, isCode } of ENTRIES) {
    const entry = path.join(SRC, `${name}.ts`);
    if (!existsSync(entry)) continue;
    writeFileSync(path.join(folder, `${name}.d.ts`), declarationsOf(entry));
    if (isCode) {
      const outfile = path.join(folder, `${name}.js`);
      await build({ entryPoints: [entry], outfile, bundle: true, minify: true, format: "esm", target: "es2022" });
    }
  }
}

/**
 * The declarations of a module and of all that it imports, as one text. Each module's are put one behind the other, without
 * imports and exports; what the entry exports is exported at the end. So a name may be declared once in the package.
 */
function declarationsOf(entry: string): string {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(path.join(SRC, "../tsconfig.json"), ts.sys.readFile).config,
    ts.sys,
    path.dirname(SRC),
  );
  const program = ts.createProgram([entry], {
    ...options,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    // What is wrong in the sources `npm run typecheck` says.
    noCheck: true,
  });
  const parts: string[] = [];
  const declared = new Set<string>();
  const emitted = program.emit(undefined, (file, text) => {
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    for (const statement of source.statements) {
      if (ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)) continue;
      const name = nameOf(statement);
      if (declared.has(name)) throw new Error(`${name} is declared twice. Its declarations would become one.`);
      declared.add(name);
      parts.push(
        statement
          .getFullText()
          .trim()
          .replace(/^export /m, ""),
      );
    }
  });
  const { diagnostics } = emitted;
  if (diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, ts.createCompilerHost(options)));
  return `${parts.join("\n")}\nexport { ${exportsOf(program, entry).join(", ")} };\n`;
}

function nameOf(statement: ts.Statement): string {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map((one) => one.name.getText()).join();
  const { name } = statement as ts.Statement & { name?: ts.Node };
  return name?.getText() ?? "";
}

function exportsOf(program: ts.Program, entry: string): string[] {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(entry);
  const module = source && checker.getSymbolAtLocation(source);
  return module === undefined
    ? []
    : checker
        .getExportsOfModule(module)
        .map(({ name }) => name)
        .sort();
}
