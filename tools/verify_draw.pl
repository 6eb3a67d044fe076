#!/usr/bin/perl
# Recomputes a public draw from its public file alone (commitment, key, result), with nothing but Perl's core modules.
# Usage: perl verify_draw.pl FILE.json    prints OK and the order, or what differs and exits with 1.
use strict; use warnings;
use JSON::PP; use Digest::SHA qw(sha256_hex hmac_sha256);
binmode STDOUT, ':encoding(UTF-8)';
$SIG{__DIE__} = sub { print "NOT A DRAW: @_"; exit 1 };
open my $in, '<:raw', shift // die "usage: verify_draw.pl FILE.json\n" or die "$!\n";
my $json = JSON::PP->new->utf8->canonical;
my $draw = $json->decode(do { local $/; <$in> });
my ($labels, $strata, $reveal, @wrong) = @$draw{qw(labels strata reveal)};

# Commitment: SHA-256 of these fields as canonical JSON.
my %fixed = map { $_ => $draw->{$_} } qw(name algorithm committed source source_date labels strata outcomes
    mapping_sha256 after_annulment);
my $commitment = sha256_hex($json->encode(\%fixed));
push @wrong, "commitment is $draw->{commitment}, should be $commitment" if $draw->{commitment} ne $commitment;
push @wrong, "algorithm is $draw->{algorithm}" if $draw->{algorithm} ne 'classi-draw-1';
push @wrong, 'the source is not later than the commitment' if $draw->{source_date} le $draw->{committed}{when};
push @wrong, 'the pool is not sorted' if grep { $labels->[$_ - 1] ge $labels->[$_] } 1 .. $#$labels;
push @wrong, 'outcomes and labels are not as many' if $draw->{outcomes} && @{$draw->{outcomes}} != @$labels;
push @wrong, 'strata and labels differ' if $strata && join('|', sort keys %$strata) ne join('|', @$labels);
push @wrong, 'a result without numbers' if $draw->{result} && !$reveal;
my @order;
if ($reveal) {    # Key: RFC 3797. Ticket: HKDF-SHA-256, one block (RFC 5869). Order: quantile in the stratum.
    push @wrong, 'the numbers are earlier than their source' if $reveal->{when} lt $draw->{source_date};
    push @wrong, 'a source without numbers' if !@{$reveal->{numbers}} || grep { !@$_ } @{$reveal->{numbers}};
    my $key = join '', map { join('', map { "$_." } sort { $a <=> $b } @$_) . '/' } @{$reveal->{numbers}};
    push @wrong, "key is $reveal->{key}, should be $key" if $reveal->{key} ne $key;
    my ($prk, %ticket, %n, %q) = hmac_sha256($key, pack 'H*', $commitment);
    for my $l (@$labels) { utf8::encode(my $b = $l); $ticket{$l} = hmac_sha256("classi-draw-1\0$b\1", $prk) }
    @order = sort { $ticket{$a} cmp $ticket{$b} } @$labels;
    for (@order) { my $s = $strata ? $strata->{$_} // '' : ''; $q{$_} = [2 * ++$n{$s} - 1, $s] }
    my $cross = sub { $q{$_[0]}[0] * $n{$q{$_[1]}[1]} };    # quantiles are fractions: compared without rounding
    @order = sort { $cross->($a, $b) <=> $cross->($b, $a) || $ticket{$a} cmp $ticket{$b} } @order;
    push @wrong, "result should be @order" if $json->encode(\@order) ne $json->encode($draw->{result} // []);
}
if (@wrong) { print "DIFFERENT: $_\n" for @wrong; exit 1 }
print $reveal ? "OK\n" : "OK, not drawn yet\n";
print $_ + 1, " $order[$_]", $draw->{outcomes} ? " $draw->{outcomes}[$_]" : '', "\n" for 0 .. $#order;
