"""Writes what packages of Azure's SDK say of operations and models as swagger 2.0, a JSON list with one description a package.

Reads their source and runs none of it. Both generations of the SDK are understood: `_attribute_map` and `rest_field`.
"""

import ast
import importlib.metadata
import importlib.util
import json
import pathlib
import re
import sys

# Distribution, module, and the api-version if it is not the one that the package sends by itself.
PACKAGES = [
    ("azure-mgmt-authorization", "azure.mgmt.authorization.v2022_04_01", None),
    ("azure-mgmt-certificateregistration", "azure.mgmt.certificateregistration", None),
    # Certificates of single apps, which no published description of App Service has.
    ("azure-mgmt-web", "azure.mgmt.web", None),
    # The clients of vaults send whichever version they are told; one shape serves all.
    ("azure-keyvault-certificates", "azure.keyvault.certificates._generated", "*"),
    ("azure-keyvault-secrets", "azure.keyvault.secrets._generated", "*"),
]
SIMPLE = {"str": "string", "bool": "boolean", "int": "integer", "float": "number", "bytes": "string", "iso-8601": "string", "unix-time": "integer",
          "datetime.datetime": "string", "base64": "string", "bytearray": "string"}


def trees(folder, *names):
    """The parsed files below a folder whose name begins with one of the names."""
    for path in sorted(pathlib.Path(folder).rglob("*.py")):
        if "aio" not in path.parts and any(part.startswith(names) for part in path.relative_to(folder).parts):
            yield ast.parse(path.read_text())


class Models:
    """The models and enumerations of a package."""

    def __init__(self, folder):
        self.classes, self.words = {}, {}
        for tree in trees(folder, "models", "_models", "_enums"):
            for one in (node for node in tree.body if isinstance(node, ast.ClassDef)):
                values = [item.value for item in one.body if isinstance(item, ast.Assign) and isinstance(item.value, ast.Constant)]
                if any("Enum" in ast.unparse(base) for base in one.bases):
                    self.words[one.name] = [value.value for value in values]
                else:
                    self.classes[one.name] = one

    def members(self, name):
        """Of a model with all that it inherits: wire name (dots lead inwards) → schema, and those that are required."""
        one, members, required = self.classes[name], {}, []
        for base in one.bases:
            base = ast.unparse(base).split(".")[-1]
            if base in self.classes:
                more, needed = self.members(base)
                members.update(more)
                required += needed
        assigned = {item.targets[0].id: item.value for item in one.body if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name)}
        rules = ast.literal_eval(assigned["_validation"]) if "_validation" in assigned else {}
        enums = dict(re.findall(r":vartype (\w+): str or ~[\w.]+\.(\w+)", ast.get_docstring(one) or ""))
        for attribute, facts in (ast.literal_eval(assigned["_attribute_map"]) if "_attribute_map" in assigned else {}).items():
            schema = self.schema(enums.get(attribute, facts["type"]))
            members[facts["key"]] = {**schema, "readOnly": rules.get(attribute, {}).get("readonly", False)}
            if rules.get(attribute, {}).get("required"):
                required.append(facts["key"])
        for item in one.body:
            if isinstance(item, ast.AnnAssign) and "rest_field" in ast.unparse(item.value or item.target):
                options = {option.arg: option.value for option in item.value.keywords}
                key = ast.literal_eval(options["name"]) if "name" in options else item.target.id
                visibility = ast.literal_eval(options["visibility"]) if "visibility" in options else []
                annotation = ast.unparse(item.annotation).replace("'", "").replace('"', "")
                is_unix = "format" in options and ast.literal_eval(options["format"]) == "unix-timestamp"
                members[key] = {**({"type": "integer"} if is_unix else self.schema(annotation)), "readOnly": visibility == ["read"]}
                if not annotation.startswith("Optional") and visibility != ["read"]:
                    required.append(key)
        return members, required

    def schema(self, kind):
        """Of a type as either generation writes it."""
        kind = kind.strip().removeprefix("_models.").removeprefix("_model_base.")
        if match := re.fullmatch(r"Optional\[(.*)\]", kind):
            return self.schema(match[1])
        if match := re.fullmatch(r"Union\[str, (.*)\]", kind):
            return self.schema(match[1])
        if match := re.fullmatch(r"(?:\[|[Ll]ist\[)(.*)\]", kind):
            return {"type": "array", "items": self.schema(match[1])}
        if match := re.fullmatch(r"(?:\{|[Dd]ict\[str, )(.*)[\]}]", kind):
            return {"type": "object", "additionalProperties": self.schema(match[1])}
        if kind in SIMPLE:
            return {"type": SIMPLE[kind]}
        if kind in self.words:
            return {"type": "string", "enum": self.words[kind]}
        if kind in self.classes:
            return {"$ref": f"#/definitions/{kind}"}
        return {}

    def definitions(self):
        """Every model as a schema; a wire name with dots is an object in objects."""
        all_of_them = {}
        for name in self.classes:
            members, required = self.members(name)
            whole = {"type": "object", "properties": {}, "required": []}
            for key, schema in members.items():
                place, parts = whole, re.split(r"(?<!\\)\.", key)
                for part in parts[:-1]:
                    if key in required and part not in place["required"]:
                        place["required"].append(part)
                    place = place["properties"].setdefault(part, {"type": "object", "properties": {}, "required": []})
                last = parts[-1].replace("\\.", ".")
                place["properties"][last] = schema
                if key in required:
                    place["required"].append(last)
            all_of_them[name] = whole
        return all_of_them


def builders(tree):
    """What builds requests in a file: function → method, path, query parameters with whether they are required, api-version."""
    found = {}
    for one in (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("build_")):
        source = ast.unparse(one)
        method, path = re.search(r"HttpRequest\(method='(\w+)'", source), re.search(r"_url = (?:kwargs\.pop\('template_url', )?'([^']*)'", source)
        query = {name: True for name in re.findall(r"_params\['([^']+)'\] =", source)}
        query.update({name: False for name in re.findall(r"if [^\n]*:\n\s+_params\['([^']+)'\] =", source)})
        version = re.search(r"'api-version', '([^']+)'", source)
        found[one.name] = (method[1].lower(), path[1], query, version[1] if version else None)
    return found


def body(method, source, models):
    """The schema of what a method sends, if it sends something."""
    if told := re.search(r"_serialize\.body\(\w+, '(\w+)'\)", source):
        return models.schema(told[1])
    written = re.search(r"json\.dumps\((\w+), cls=SdkJSONEncoder", source)
    arguments = method.args.args + method.args.kwonlyargs
    named = [ast.unparse(one.annotation) for one in arguments if written and one.arg == written[1] and one.annotation]
    model = re.search(r"_models\.(\w+)", named[0]) if named else None
    return models.schema(model[1]) if model else {} if written else None


def operations(folder, models):
    """Swagger's `paths`, and the api-versions that the requests have by themselves."""
    paths, versions = {}, set()
    for tree in trees(folder, "operations", "_operations"):
        known = builders(tree)
        methods = [(group, one) for group in tree.body if isinstance(group, ast.ClassDef) for one in group.body if isinstance(one, ast.FunctionDef)]
        for group, method in methods:
            source = ast.unparse(method)
            builder = re.search(r"(build_\w+_request)\(", source)
            if not builder or builder[1] not in known:
                continue
            verb, path, query, version = known[builder[1]]
            versions.add(version)
            parameters = [{"in": "query", "name": name, "required": required} for name, required in query.items()]
            words = re.sub(r"\s+", " ", ast.get_docstring(method) or "")
            for name in re.findall(r"\{([^}]+)\}", path):
                optional = re.search(rf":param {name.replace('-', '_')}:[^:]*URI fragment is optional", words)
                is_scope = name == "scope" or name.endswith("Path")
                parameters.append({"in": "path", "name": name, "description": "optional" if optional else "", "x-ms-skip-url-encoding": is_scope})
            if (schema := body(method, source, models)) is not None:
                parameters.append({"in": "body", "name": "body", "required": True, "schema": schema})
            paths.setdefault(path, {})[verb] = {
                "operationId": f"{group.name.replace('OperationsMixin', '').removesuffix('Operations').strip('_')}_{method.name.removeprefix('begin_').strip('_')}",
                "parameters": parameters,
                "responses": responses(source, models),
            }
    return paths, versions


def responses(source, models):
    statuses = re.findall(r"status_code not in \[([\d, ]+)\]", source)
    statuses = [status.strip() for status in statuses[0].split(",")] if statuses else ["200"]
    several = re.search(r"_deserialize\([Ll]ist\[_models\.(\w+)\]", source)
    whole = re.search(r"_deserialize(?:\('(\w+)'|\(_models\.(?!\w*Error)(\w+))", source)
    schema = None
    if several:
        schema = {"type": "array", "items": models.schema(several[1])}
        if "nextLink" in source:
            schema = {"type": "object", "properties": {"value": schema, "nextLink": {"type": "string"}}}
    elif whole:
        schema = models.schema(whole[1] or whole[2])
    error = re.search(r"failsafe_deserialize\(\s*_models\.(\w+)", source)
    known = {status: {"schema": schema} if schema else {} for status in statuses}
    return {**known, "default": {"schema": models.schema(error[1])} if error else {}}


def graph():
    """Microsoft Graph's client is of another make: the one request that certdeck has for it, and the model of what it answers."""
    folder = pathlib.Path(importlib.util.find_spec("msgraph").submodule_search_locations[0]) / "generated"
    builder = (folder / "service_principals" / "service_principals_request_builder.py").read_text()
    options = re.search(r"\{\+baseurl\}/servicePrincipals\{\?([^}]*)\}", builder)[1].replace("%24", "$").split(",")
    kinds = {"str": "string", "bool": "boolean", "int": "integer", "uuid": "string", "datetime": "string"}
    members = {"@odata.type": {"type": "string"}}
    for model in ("entity", "directory_object", "service_principal"):
        fields = re.findall(r"['\"](\w+)['\"]: lambda n : setattr\(self, '\w+', n\.get_(\w+?)(?:_values?)?\(", (folder / "models" / f"{model}.py").read_text())
        members.update({name: {"type": kinds[kind]} if kind in kinds else {"type": "array"} if kind.startswith("collection") else {} for name, kind in fields})
    page = {"@odata.context": {"type": "string"}, "@odata.count": {"type": "integer"}, "@odata.nextLink": {"type": "string"},
            "value": {"type": "array", "items": {"type": "object", "properties": members}}}
    error = {"type": "object", "properties": {"code": {"type": "string"}, "message": {"type": "string"}, "innerError": {}, "details": {}, "target": {}}}
    answers = {"200": {"schema": {"type": "object", "properties": page}}, "default": {"schema": {"type": "object", "properties": {"error": error}}}}
    operation = {"operationId": "ServicePrincipals_list", "responses": answers, "parameters": [{"in": "query", "name": name} for name in options]}
    title = f"msgraph-sdk {importlib.metadata.version('msgraph-sdk')}"
    return {"info": {"title": title, "version": "v1.0"}, "paths": {"/v1.0/servicePrincipals": {"get": operation}}}


def main():
    descriptions = []
    for distribution, module, version in PACKAGES:
        try:
            folder = pathlib.Path(importlib.util.find_spec(module).submodule_search_locations[0])
            title = f"{distribution} {importlib.metadata.version(distribution)}"
        except (ImportError, AttributeError, importlib.metadata.PackageNotFoundError):
            print(f"{distribution} is not installed", file=sys.stderr)
            continue
        models = Models(folder)
        paths, versions = operations(folder, models)
        version = version or max(one for one in versions if one)
        descriptions.append({"info": {"title": title, "version": version}, "paths": paths, "definitions": models.definitions()})
    try:
        descriptions.append(graph())
    except (ImportError, AttributeError, importlib.metadata.PackageNotFoundError):
        print("msgraph-sdk is not installed", file=sys.stderr)
    json.dump(descriptions, sys.stdout)


main()
