# SPDX-License-Identifier: GPL-2.0-or-later
#
# A formatter for prove that prints what prove prints, and appends to the file $TAP_TOTALS one line
# "<name> <passed> <failed> <skipped> in <time> s" for the run, which is what `make check` adds up.
#
# Skips are listed with their reasons; prove only counts them. Statements that failed are listed
# with what the test had to say of them, which prove leaves out, and are left for the end of the
# whole check in the file .failed-<name> beside $TAP_TOTALS. Files with failures are in the file
# .broken-<name>, as "<passed> <failed> <skipped> <file>".
#
# A file that broke (no plan, a crash, a timeout) without a failed statement counts as one failure.
# With CI=true a skip is a failure, unless its reason starts with "machine:": then it needs
# something this machine cannot have, and not something scripts/setup could have installed.
package TapTotals;

use strict;
use warnings;

use TAP::Formatter::Console;
use TAP::Formatter::File;

our @ISA = (-t STDOUT ? 'TAP::Formatter::Console' : 'TAP::Formatter::File');

my (@skips, @forbidden_skips);
my %failures;    # test file => lines about what failed

use constant FAILURE_LINES_MAX => 40;    # of one test file

# note_skip(FILE, SENTENCE, REASON)
sub note_skip {
	my ($test, $sentence, $reason) = @_;
	my $forbidden = ($ENV{CI} // '') eq 'true' && ($reason // '') !~ /^machine:/;

	$sentence =~ s/^- //;
	push @{ $forbidden ? \@forbidden_skips : \@skips },
		"$test: " . ($reason || 'no reason given') . ($sentence ne '' ? " ($sentence)" : '');
}

sub open_test {
	my ($self, $test, $parser) = @_;

	my $failed = 0;    # was the last statement one that failed?
	my $remember = sub {
		my $lines = $failures{$test} //= [];
		push @$lines, $_[0] if @$lines < FAILURE_LINES_MAX;
	};

	$parser->callback(
		test => sub {
			my ($result) = @_;
			note_skip($test, $result->description, $result->explanation)
				if $result->has_skip;
			$failed = !$result->is_ok;
			$remember->($result->raw) if $failed;
		});
	$parser->callback(comment => sub { $remember->($_[0]->raw) if $failed });
	return $self->SUPER::open_test($test, $parser);
}

# append(PATH, TEXT): to a file, which is not made for nothing.
sub append {
	my ($path, $text) = @_;

	return if $text eq '';
	open my $file, '>>', $path or die "$path: $!\n";
	print $file $text;
	close $file or die "$path: $!\n";
}

# Print %failures and leave it in the file PATH.
sub note_failures {
	my ($path) = @_;
	my $text = join '', map { ("$_:\n", map { "  $_\n" } @{ $failures{$_} }) } sort keys %failures;

	print "\n$text" if $text ne '';
	append($path, $text);
}

sub summary {
	my ($self, $aggregate, $interrupted) = @_;
	my ($passed, $failed, $skipped) = (0, 0, 0);
	my $broken = '';

	$self->SUPER::summary($aggregate, $interrupted);

	for my $test ($aggregate->descriptions) {
		my ($parser) = $aggregate->parsers($test);
		my $failed_here = scalar $parser->failed;
		my %passed_here = map { $_ => 1 } $parser->passed;
		my $skipped_here = grep { $passed_here{$_} } $parser->skipped;
		my $passed_here = keys(%passed_here) - $skipped_here;

		if (defined $parser->skip_all) {
			note_skip($test, '', $parser->skip_all);
			($passed_here, $skipped_here) = (0, 1);
		}
		$failed_here = 1 if !$failed_here && $parser->has_problems;
		$broken .= "$passed_here $failed_here $skipped_here $test\n" if $failed_here;
		$passed += $passed_here;
		$failed += $failed_here;
		$skipped += $skipped_here;
	}
	$failed = 1 if $interrupted && !$failed;

	if (@skips) {
		print "Skipped:\n";
		print "  $_\n" for @skips;
	}
	if (@forbidden_skips) {
		print "Skipped, and in CI that is a failure:\n";
		print "  $_\n" for @forbidden_skips;
		$failed += @forbidden_skips;
		$skipped -= @forbidden_skips;
	}

	my $totals = $ENV{TAP_TOTALS} or return;
	note_failures($totals =~ s{[^/]*$}{.failed-$ENV{TAP_NAME}}r);
	append($totals =~ s{[^/]*$}{.broken-$ENV{TAP_NAME}}r, $broken);
	append($totals, sprintf("%s %d %d %d in %.0f s\n", $ENV{TAP_NAME}, $passed, $failed, $skipped,
		$aggregate->elapsed->real));
}

1;
