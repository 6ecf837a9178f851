//! What the binary is made of, for machines: CycloneDX 1.5 (ECMA-424's format before it was one).

use serde_json::{Value, json};

use super::graph::{Graph, Package};
use super::workspace::Result;

/// The bill of materials; `time` as in RFC 3339.
pub(crate) fn text(graph: &Graph, commit: &str, time: &str) -> Result<String> {
    let root = graph.root();
    let mut main = component(root);
    main["type"] = "application".into();
    main["properties"] = json!([{ "name": "kmsdeck:commit", "value": commit }]);
    let needed = graph.needed();
    let depends: Vec<Value> = std::iter::once(root)
        .chain(needed.iter().copied())
        .map(|package| {
            let mut on: Vec<String> = package
                .needs
                .iter()
                .filter_map(|id| graph.packages.get(id).map(Package::purl))
                .collect();
            on.sort();
            json!({ "ref": package.purl(), "dependsOn": on })
        })
        .collect();
    let sbom = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "timestamp": time, "component": main },
        "components": needed.iter().map(|one| component(one)).collect::<Vec<_>>(),
        "dependencies": depends,
    });
    Ok(serde_json::to_string_pretty(&sbom)? + "\n")
}

fn component(package: &Package) -> Value {
    // Crates of long ago write OR so.
    let licence = package.licence.replace('/', " OR ");
    let mut component = json!({
        "type": "library",
        "bom-ref": package.purl(),
        "name": package.name,
        "version": package.version,
        "purl": package.purl(),
        "licenses": [{ "expression": licence }],
    });
    if let Some(sum) = &package.checksum {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": sum }]);
    }
    if let Some(url) = &package.repository {
        component["externalReferences"] = json!([{ "type": "vcs", "url": url }]);
    }
    component
}
