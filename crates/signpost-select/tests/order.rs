//! Orders as a caller sees them: priorities, failover and weight 0.

use signpost_select::{Selection, Target};

fn target(priority: u16, weight: u16, value: &str) -> Target<&str> {
    Target { priority, weight, value }
}

/// The order in which targets come when every draw is the same number.
fn order<'a>(targets: &[Target<&'a str>], draw: u64) -> Vec<&'a str> {
    let mut selection = Selection::new(targets.iter().copied());
    let mut order = Vec::new();
    while let Some(target) = selection.next(&mut || draw) {
        order.push(target.value);
        assert_eq!(selection.remaining(), targets.len() - order.len());
    }
    order
}

#[test]
fn lower_priorities_come_first_whatever_the_weights_and_the_order_of_records() {
    let targets = [target(20, u16::MAX, "third"), target(0, 0, "first"), target(10, 1, "second")];
    for draw in 0..100 {
        assert_eq!(order(&targets, draw), ["first", "second", "third"]);
    }
}

/// "we have fault tolerance on our outgoing email submissions": the two servers of the proposal of 2006.
#[test]
fn either_of_two_equal_targets_comes_first_and_the_other_after_it() {
    let targets = [target(1, 1, "submit1"), target(1, 1, "submit2")];
    assert_eq!(order(&targets, 0), ["submit1", "submit2"]);
    assert_eq!(order(&targets, 1), ["submit2", "submit1"]);
}

#[test]
fn weight_zero_comes_first_on_one_draw_of_the_sum_and_one() {
    let targets = [target(1, 10, "heavy"), target(1, 0, "light")];
    let first: Vec<&str> = (0..11).map(|draw| order(&targets, draw)[0]).collect();
    assert_eq!(first.iter().filter(|&&value| value == "light").count(), 1);
}

#[test]
fn nothing_to_choose_from_is_no_choice_and_draws_nothing() {
    let mut selection = Selection::<()>::new([]);
    assert_eq!(selection.remaining(), 0);
    assert_eq!(selection.next(&mut || -> u64 { panic!("nothing has to be drawn") }), None);
}
