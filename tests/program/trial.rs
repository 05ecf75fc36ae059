//! What a trial by hand found wrong on the screen (A1–A25), and the test that keeps each mended. A promise without its test
//! is broken here.

use std::path::Path;

use crate::texts::sources;

const PROMISES: &[(&str, &str, &str)] = &[
    (
        "A1",
        "what a browser would refuse is never a green tick",
        "a_certificate_that_browsers_would_refuse_is_doubted_with_the_reason",
    ),
    (
        "A1",
        "replacing by it interrupts",
        "replacing_what_works_by_what_browsers_refuse_interrupts_and_anything_else_adds",
    ),
    (
        "A2",
        "a large terminal is filled without a resize",
        "started_in_a_large_terminal_it_fills_it_at_once_without_a_resize_a2",
    ),
    (
        "A3",
        "the cursor goes to the first match",
        "when_the_row_under_the_cursor_is_filtered_out_the_cursor_goes_to_the_first_match_a3",
    ),
    (
        "A3",
        "plain text searches what names a row",
        "a_word_alone_is_looked_for_where_a_row_is_named_and_anything_else_by_its_column_a3",
    ),
    (
        "A4",
        "what interrupts begins on Cancel",
        "an_unbinding_begins_on_cancel_so_that_enter_alone_sends_nothing_a4",
    ),
    ("A4", "in production its name is typed", "in_production_what_interrupts_takes_the_hostname_typed_a4"),
    ("A5", "no key acts while nothing shows", "below_the_smallest_size_only_the_keys_that_leave_act_a5"),
    (
        "A6",
        "the title names what is changed",
        "another_app_brings_its_only_hostname_and_the_title_names_what_is_changed_now",
    ),
    (
        "A7",
        "a changed app takes its hostname along",
        "another_app_with_several_hostnames_leaves_the_choice_and_none_of_the_app_before",
    ),
    ("A8", "every fault is found, and nothing else", "each_fault_alone_is_found_and_its_twin_is_not"),
    ("A9", "what was revoked is urgent", "what_is_revoked_is_critical_whatever_its_end_says"),
    (
        "A10",
        "lowering TLS says what it does",
        "a_lower_tls_version_weakens_and_says_that_older_clients_may_connect_again_a10",
    ),
    (
        "A11",
        "the chain of custody ticks no certificate for another name",
        "a_certificate_for_another_name_is_no_good_service_although_nothing_is_bound",
    ),
    (
        "A12",
        "what Azure warned of is told whole",
        "a_password_from_a_file_uploads_and_one_in_the_arguments_is_refused",
    ),
    (
        "A13",
        "no step is ticked before it happened",
        "what_proves_a_sync_is_told_after_it_and_never_of_what_was_there_before",
    ),
    (
        "A14",
        "the renewal key shows what stops Azure",
        "on_screen_the_renewal_key_on_an_overdue_managed_certificate_shows_which_check_fails",
    ),
    ("A15", "what is typed belongs to its row", "what_was_typed_for_one_row_does_not_wander_to_another"),
    ("A16", "no rule id on screen", "no_text_names_a_rule_by_its_number"),
    (
        "A17",
        "what can be bound comes first, the rest says why not",
        "only_choices_that_exist_are_offered_and_public_certificates_never_a7",
    ),
    (
        "A19",
        "a column that does not exist is said",
        "a_column_that_there_is_none_of_is_said_and_matches_nothing_a19",
    ),
    ("A20", "the sort sign always shows", "the_name_of_the_sorted_column_has_room_for_its_arrow_a20"),
    (
        "A21",
        "widths follow what they hold",
        "more_room_brings_more_columns_and_none_wider_than_what_it_holds",
    ),
    ("A22", "a grant says to whom and what", "a_grant_says_to_whom_and_which_permissions"),
    (
        "A23",
        "ASCII where the locale wants it",
        "borders_are_ascii_where_the_locale_is_not_utf_8_unless_the_settings_say_otherwise",
    ),
    ("A24", "no file that is not there", "the_picker_takes_no_file_that_is_not_there_and_any_that_is"),
    (
        "A25",
        "a form of settings begins in its fields",
        "on_screen_old_and_new_are_shown_before_anything_is_sent",
    ),
];

#[test]
fn each_fault_of_the_trial_by_hand_has_its_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dirs = ["tests", "src", "crates"];
    let code: String = dirs
        .iter()
        .flat_map(|dir| sources(&root.join(dir)))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    for (fault, promise, test) in PROMISES {
        assert!(code.contains(&format!("fn {test}()")), "{fault}: {promise}: there is no test {test}");
    }
}
