//! The supervision tree in ARCHITECTURE.md is the one that the code draws.

/// The lines of the drawing that begins with the engine.
fn tree(text: &str, comment: &str) -> Vec<String> {
    let lines = text.lines().map(|line| line.strip_prefix(comment).unwrap_or(line));
    let drawing = lines.skip_while(|line| !line.starts_with("engine  ")).take_while(|line| !line.starts_with("```"));
    drawing.map(str::to_owned).collect()
}

#[test]
fn the_drawn_tree_is_the_same_in_both_places() {
    let code = tree(include_str!("../src/lib.rs"), "//! ");
    let document = tree(include_str!("../../ARCHITECTURE.md"), "");
    assert!(code.len() > 5, "there is a drawing");
    assert_eq!(code, document);
}
