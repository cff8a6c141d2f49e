/**
 * The house's own lint rules, for what oxlint has no rule for.
 * `imports` takes the dependency rule as an allow-list, so that a new folder or package is refused until it is named.
 */
import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const projectRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** The path of a file from the project's root, with slashes. */
const housePath = (file) => relative(projectRoot, file).split(sep).join('/');

const covers = (entry, path) => (entry.endsWith('/') ? path.startsWith(entry) : path === entry);

const isTypeOnly = (node) =>
  node.type === 'TSImportType' ||
  node.importKind === 'type' ||
  node.exportKind === 'type' ||
  (node.specifiers?.length > 0 &&
    node.specifiers.every((s) => s.importKind === 'type' || s.exportKind === 'type'));

const imports = {
  meta: { schema: [{ type: 'object' }] },
  create(context) {
    const { may, types = [], packages = [], layer } = context.options[0];

    function check(node, source) {
      if (typeof source?.value !== 'string') return;
      const specifier = source.value;
      if (!specifier.startsWith('.')) {
        if (packages.some((name) => new RegExp(`^${name}(/|$)`).test(specifier))) return;
        context.report({ node, message: `${layer} must not import the package '${specifier}'` });
        return;
      }
      const from = housePath(context.filename);
      const target = relative('/', resolve('/', dirname(from), specifier))
        .split(sep)
        .join('/');
      const allowed = isTypeOnly(node) ? [...may, ...types] : may;
      if (allowed.some((entry) => covers(entry, target))) return;
      context.report({ node, message: `${layer} must not import '${target}'` });
    }

    return {
      ImportDeclaration: (node) => check(node, node.source),
      ExportNamedDeclaration: (node) => check(node, node.source),
      ExportAllDeclaration: (node) => check(node, node.source),
      ImportExpression: (node) => check(node, node.source),
      TSImportType: (node) => check(node, node.source ?? node.argument?.literal),
    };
  },
};

/** `new Date(value)` only converts; `new Date()`, `Date()` and `Date.now` read the host's clock. */
const noHostClock = {
  create(context) {
    const report = (node) => context.report({ node, message: 'Time comes from the Clock port' });
    const isDate = (node) => node.type === 'Identifier' && node.name === 'Date';
    return {
      NewExpression(node) {
        if (isDate(node.callee) && node.arguments.length === 0) report(node);
      },
      CallExpression(node) {
        if (isDate(node.callee)) report(node);
      },
      MemberExpression(node) {
        const name = node.computed ? node.property.value : node.property.name;
        if (isDate(node.object) && name === 'now') report(node);
      },
    };
  },
};

const noExportAll = {
  create: (context) => ({
    ExportAllDeclaration: (node) =>
      context.report({ node, message: 'Name what is exported: the public API is a short list' }),
  }),
};

export default {
  meta: { name: 'house' },
  rules: { imports, 'no-host-clock': noHostClock, 'no-export-all': noExportAll },
};
