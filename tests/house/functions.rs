//! How long functions are and how many parameters they take, read by a parser.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// A function: where it is, how many lines from its signature to its brace, its parameters.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) lines: usize,
    pub(crate) parameters: usize,
}

/// Every function with a body in a Rust file.
pub(crate) fn functions(text: &str) -> syn::Result<Vec<Function>> {
    let mut found = Found(Vec::new());
    found.visit_file(&syn::parse_file(text)?);
    Ok(found.0)
}

struct Found(Vec<Function>);

impl Found {
    fn add(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let (first, last) = (signature.span().start().line, block.span().end().line);
        self.0.push(Function {
            name: signature.ident.to_string(),
            line: first,
            lines: last - first + 1,
            parameters: signature.inputs.len(),
        });
    }
}

impl<'ast> Visit<'ast> for Found {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.add(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.add(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.add(&function.sig, block);
        }
        visit::visit_trait_item_fn(self, function);
    }
}

#[test]
fn a_function_is_measured_from_its_signature_to_its_brace() {
    let text = "/// Doc.\nfn outer(a: u8,\n  b: u8) {\n  fn inner() {}\n}\n";
    let found = functions(text).unwrap();
    let outer = Function { name: "outer".into(), line: 2, lines: 4, parameters: 2 };
    assert_eq!(found[0], outer);
    assert_eq!(found[1].name, "inner");
}
