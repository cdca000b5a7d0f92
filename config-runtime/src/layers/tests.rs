//! Keys and slots, with the entries of maps.

use super::*;
use crate::typed::tree::Field;

const LIMITS: &Tree = &Tree::new("Limits").fields(&[Field::new(0, "low", "low", "u32")]);
const TENANT: &Tree = &Tree::new("Tenant").fields(&[
    Field::new(0, "left", "left", "u32").aliases(&["l"]),
    Field::new(1, "limits", "limits", "Limits").section(LIMITS),
]);
const SERVICE: &Tree = &Tree::new("Service").fields(&[
    Field::new(0, "first", "first", "u32"),
    Field::new(1, "tenants", "of/tenants", "Map<Tenant>").map(TENANT),
    Field::new(2, "last", "last", "u32").restart(),
]);

fn slots() -> Slots {
    let ranges = vec![Range::below("/p@1"), Range::below("/p")];
    Slots::new(Arc::new(Layout::new(SERVICE, ranges.into())))
}

fn keys(slots: &Slots) -> Vec<&str> {
    slots.iter().map(|(_, info)| &*info.key).collect()
}

/// The keys of one entry, in the order of its slots.
fn keys_of(name: &str) -> [String; 4] {
    ["@1", ""]
        .map(|layer| {
            ["left", "limits/low"].map(|leaf| format!("/p{layer}/of/tenants/{name}/{leaf}"))
        })
        .concat()
        .try_into()
        .unwrap()
}

const FIXED: [&str; 4] = ["/p@1/first", "/p@1/last", "/p/first", "/p/last"];

#[test]
fn the_patterns_of_a_map_have_no_slots() {
    let slots = slots();
    assert_eq!(keys(&slots), FIXED);
    let leaves: Vec<_> = slots.iter().map(|(_, info)| info.leaf).collect();
    let (first, last) = (LeafId::fixed(0), LeafId::fixed(3));
    assert_eq!(leaves, [first, last, first, last]);
    assert_eq!(slots.of_leaf(last), [1, 3]);
    assert!(slots.of_leaf(LeafId::fixed(1)).is_empty());
    let layout = slots.layout();
    assert_eq!(layout.restart, [last]);
    assert!(layout.to_warn_of.is_empty());
    assert_eq!(layout.leaves.len(), 4);
    assert_eq!(slots.name(LeafId::fixed(2)), "tenants[*].limits.low");
}

#[test]
fn an_entry_gets_a_slot_for_each_leaf_in_each_layer_and_gives_them_back() {
    let mut slots = slots();
    let slot = slots.intern(1, b"/p/of/tenants/acme/limits/low").unwrap();
    assert_eq!(
        slots.intern(1, b"/p/of/tenants/acme/limits/low"),
        Some(slot)
    );
    let mut all = FIXED.map(str::to_owned).to_vec();
    all.extend(keys_of("acme"));
    assert_eq!(keys(&slots), all);
    let leaf = slots.info(slot).unwrap().leaf;
    assert_eq!(slots.name(leaf), "tenants[acme].limits.low");
    let of_leaf: Vec<_> = slots
        .of_leaf(leaf)
        .iter()
        .map(|slot| &*slots.info(*slot).unwrap().key)
        .collect();
    let [above, below] = [
        "/p@1/of/tenants/acme/limits/low",
        "/p/of/tenants/acme/limits/low",
    ];
    assert_eq!(of_leaf, [above, below]);
    assert_eq!(slots.len(), 8);

    slots.release(leaf.entry);
    assert_eq!(keys(&slots), FIXED);
    assert_eq!(
        (slots.path(leaf), slots.find(below.as_bytes())),
        (None, None)
    );
    // Another entry reuses their slots.
    slots.intern(0, b"/p@1/of/tenants/other/left").unwrap();
    assert_eq!(slots.len(), 8);
}

#[test]
fn other_keys_below_a_map_make_no_entry() {
    let mut slots = slots();
    let wrong: [&[u8]; 11] = [
        b"/p/of/tenants",
        b"/p/of/tenants/",
        b"/p/of/tenants/acme",
        b"/p/of/tenants/acme/",
        b"/p/of/tenants/acme/l",
        b"/p/of/tenants/acme/left/",
        b"/p/of/tenants/acme/left/x",
        b"/p/of/tenants//left",
        b"/p/of/tenants/../left",
        b"/p/of/tenants/a\nb/left",
        b"/p/of/tenants/\xff/left",
    ];
    for key in wrong {
        let shown = key.escape_ascii();
        assert!(!slots.is_in_map(1, key), "{shown}");
        assert_eq!(slots.intern(1, key), None, "{shown}");
    }
    // The key of another layer.
    assert_eq!(slots.intern(0, b"/p/of/tenants/acme/left"), None);
    assert_eq!(keys(&slots), FIXED);
}

#[test]
fn entries_of_maps_in_entries_have_names_at_each_level() {
    const PLAN: &Tree = &Tree::new("Plan").fields(&[
        Field::new(0, "flags", "flags", "Map<bool>").map(FLAG),
        Field::new(1, "rps", "rps", "u32"),
    ]);
    const FLAG: &Tree = &Tree::new("bool").fields(&[Field::new(0, "", "", "bool")]);
    const PLANS: &Tree =
        &Tree::new("Plans").fields(&[Field::new(0, "plans", "plans", "Map<Plan>").map(PLAN)]);
    let layout = Layout::new(PLANS, vec![Range::below("/p")].into());
    let mut slots = Slots::new(Arc::new(layout));
    let flag = slots.intern(0, b"/p/plans/gold/flags/beta").unwrap();
    let leaf = slots.info(flag).unwrap().leaf;
    assert_eq!(slots.name(leaf), "plans[gold].flags[beta]");
    let gold = slots.outer(leaf.entry);
    assert!(slots.has_inner(gold) && !slots.has_inner(leaf.entry));
    assert_eq!(slots.inside(gold).collect::<Vec<_>>(), [leaf.entry]);
    let rps = slots.find(b"/p/plans/gold/rps").unwrap();
    assert_eq!(slots.info(rps).unwrap().leaf.entry, gold);
    slots.release(leaf.entry);
    assert!(!slots.has_inner(gold));
    assert_eq!(keys(&slots), ["/p/plans/gold/rps"]);
}

#[test]
fn a_map_and_the_sections_of_its_entries_have_keys() {
    let layout = Layout::new(SERVICE, vec![Range::below("/p")].into());
    let cases = [
        ("", "/p"),
        ("tenants", "/p/of/tenants"),
        ("tenants[*]", "/p/of/tenants/*"),
        ("tenants[*].limits", "/p/of/tenants/*/limits"),
        ("tenants[acme]", "/p/of/tenants/acme"),
        ("tenants[a.b].limits", "/p/of/tenants/a.b/limits"),
    ];
    for (section, key) in cases {
        assert_eq!(layout.section_key(section), key, "{section}");
    }
}
