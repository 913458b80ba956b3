//! Looking settings up in a tree of elements, active and commented out.

use super::Found;
use super::disk::{DiskMap, Slice, narrow};
use super::path::{Path, Step, XmlPath};
use super::xml::{Comment, DOCUMENT, Element, Tree, Value, comment_text};
use crate::source::Span;

impl Tree {
    pub(super) fn root_name(&self) -> Option<&str> {
        self.elements.first().map(|root| root.name.of(&self.pool))
    }

    pub(super) fn find(&self, path: &Path, disk: &DiskMap) -> Vec<Found> {
        let Some(path) = path.xml() else { return Vec::new() };
        let elements = self.select(&path.steps);
        elements.into_iter().filter_map(|index| self.found(index, path, disk)).collect()
    }

    pub(super) fn has(&self, path: &Path) -> bool {
        path.xml().is_some_and(|path| match holder(path) {
            [] => true,
            steps => !self.select(steps).is_empty(),
        })
    }

    fn found(&self, index: u32, path: &XmlPath, disk: &DiskMap) -> Option<Found> {
        let element = self.element(index)?;
        let Some(name) = &path.attribute else {
            return Some(self.setting(element.value, disk.span(element.span), element.parent, disk));
        };
        let attribute = self.attribute(element, name)?;
        Some(self.setting(attribute.value, disk.span(attribute.span), index, disk))
    }

    fn setting(&self, value: Value, element: Span, parent: u32, disk: &DiskMap) -> Found {
        let text = value.text.of(&self.pool).to_owned();
        // The document itself is the parent 0.
        let parent = parent.wrapping_add(1) as usize;
        Found { text, span: disk.span(value.place), exact: value.exact, element, parent }
    }

    pub(super) fn element(&self, index: u32) -> Option<&Element> {
        self.elements.get(index as usize)
    }

    pub(super) fn attribute(&self, element: &Element, name: &str) -> Option<&super::xml::Attribute> {
        self.attributes_of(element).iter().find(|attribute| attribute.name.of(&self.pool) == name)
    }

    pub(super) fn attributes_of(&self, element: &Element) -> &[super::xml::Attribute] {
        let (first, after) = element.attributes;
        self.attributes.get(first as usize..after as usize).unwrap_or_default()
    }

    /// Child elements, in document order.
    pub(super) fn children(&self, parent: u32) -> impl Iterator<Item = u32> {
        let (mut next, after) = match self.element(parent) {
            Some(element) => (parent + 1, element.after),
            None => (0, narrow(self.elements.len())),
        };
        std::iter::from_fn(move || {
            let child = next;
            next = self.element(child).filter(|_| child < after)?.after;
            Some(child)
        })
    }

    /// The elements at the steps, in document order.
    pub(super) fn select(&self, steps: &[Step]) -> Vec<u32> {
        steps.iter().fold(vec![DOCUMENT], |holders, step| {
            let mut found: Vec<u32> = if step.descendant {
                self.within(&holders).filter(|index| self.matches(*index, step)).collect()
            } else {
                let children = holders.iter().flat_map(|holder| self.children(*holder));
                children.filter(|index| self.matches(*index, step)).collect()
            };
            // Children of elements that lie in each other come out of order.
            found.sort_unstable();
            found
        })
    }

    /// All elements within the given ones (these are in document order), each once.
    fn within<'a>(&'a self, holders: &'a [u32]) -> impl Iterator<Item = u32> + 'a {
        let mut seen = 0;
        holders.iter().flat_map(move |holder| {
            let (first, after) = match self.element(*holder) {
                Some(element) => (holder + 1, element.after),
                None => (0, narrow(self.elements.len())),
            };
            let first = first.max(seen);
            seen = after.max(seen);
            first..after
        })
    }

    fn matches(&self, index: u32, step: &Step) -> bool {
        let Some(element) = self.element(index) else { return false };
        if step.name.as_deref().is_some_and(|name| name != element.name.of(&self.pool)) {
            return false;
        }
        step.predicates.iter().all(|predicate| {
            let mut attributes = self.attributes_of(element).iter();
            let equal = attributes.any(|attribute| {
                attribute.name.of(&self.pool) == predicate.attribute && attribute.value.text.of(&self.pool) == predicate.value
            });
            equal != predicate.negated
        })
    }

    pub(super) fn find_commented(&self, path: &Path, disk: &DiskMap) -> Vec<Found> {
        let Some(path) = path.xml() else { return Vec::new() };
        self.commented(path)
            .iter()
            .filter_map(|(comment, fragment)| self.found_commented(comment, fragment, path, disk))
            .collect()
    }

    fn found_commented(&self, comment: &Comment, fragment: &Fragment, path: &XmlPath, disk: &DiskMap) -> Option<Found> {
        let found = fragment.tree.found(0, path, &DiskMap::default())?;
        let span = disk.span(fragment.outer(self, comment, found.span));
        let parent =
            if path.attribute.is_some() { usize::MAX - comment.span.start as usize } else { comment.parent as usize + 1 };
        Some(Found { span, element: disk.span(comment.span), parent, ..found })
    }

    /// The comments that hold the element at the path, with what they hold.
    pub(super) fn commented(&self, path: &XmlPath) -> Vec<(&Comment, Fragment)> {
        let Some((last, steps)) = path.steps.split_last() else { return Vec::new() };
        let mut parents = self.select(steps);
        if last.descendant {
            let within: Vec<u32> = self.within(&parents).collect();
            parents.extend(within);
            parents.sort_unstable();
        }
        let inside = self.comments.iter().filter(|comment| comment.parent != DOCUMENT);
        let inside = inside.filter(|comment| parents.binary_search(&comment.parent).is_ok());
        inside.filter_map(|comment| Some((comment, self.fragment_at(comment, last)?))).collect()
    }

    /// The leaf element that a comment holds, if the step finds it.
    fn fragment_at(&self, comment: &Comment, step: &Step) -> Option<Fragment> {
        let inner = comment_text(comment.span.of(&self.pool));
        let start = inner.strip_prefix('<').unwrap_or(inner);
        let name = start.split([' ', '\t', '\r', '\n', '>', '/']).next().unwrap_or_default();
        if step.name.as_deref().is_some_and(|wanted| wanted != name) {
            return None;
        }
        let bare = start.len() == inner.len();
        let text = if bare { format!("<{inner}>") } else { inner.to_owned() };
        let tree = Tree::fragment(&text)?;
        let alone = tree.elements.len() == 1 && tree.element(0).is_some_and(|leaf| leaf.span == Slice::new(0, text.len()));
        (alone && tree.matches(0, step)).then_some(Fragment { text, tree, bare })
    }
}

/// The steps to the element that holds the last step.
pub(super) fn holder(path: &XmlPath) -> &[Step] {
    let steps = path.steps.as_slice();
    if path.attribute.is_some() { steps } else { steps.split_last().map_or(steps, |(_, steps)| steps) }
}

/// A commented-out leaf element, as it would stand without the comment.
pub(super) struct Fragment {
    pub text: String,
    pub tree: Tree,
    /// Whether the delimiters of the comment stand for those of the tags: `<!--A>1</A-->`.
    bare: bool,
}

impl Fragment {
    /// Whether the element has the attribute.
    pub(super) fn carries(&self, attribute: &str) -> bool {
        self.tree.element(0).is_some_and(|leaf| self.tree.attribute(leaf, attribute).is_some())
    }

    /// The place in the file of a place in the fragment.
    fn outer(&self, file: &Tree, comment: &Comment, span: Span) -> Slice {
        if span.len() == self.text.len() {
            return comment.span;
        }
        let whole = comment.span.of(&file.pool);
        let inner = comment_text(whole);
        let before = whole.find(inner).unwrap_or_default();
        let shift = comment.span.start as usize + before - usize::from(self.bare);
        Slice::new(span.start + shift, span.end + shift)
    }
}
