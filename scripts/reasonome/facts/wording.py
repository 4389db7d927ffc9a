"""The sentences of statements, by relation: about one gene, and about several genes that share an object."""

import re

# Paraphrases of each relation, with the fields {gene} and {object}; a fact uses `paraphrases` of them.
PARAPHRASES: dict[str, list[str]] = {
    "involved_in": [
        "{gene} takes part in {object}.",
        "{object} involves {gene}.",
        "One of the genes at work in {object} is {gene}.",
        "Among its roles, {gene} contributes to {object}.",
    ],
    "enables": [
        "The product of {gene} has {object}.",
        "{gene} encodes a product with {object}.",
        "{object} is an activity of {gene}.",
        "At the molecular level, {gene} provides {object}.",
    ],
    "located_in": [
        "The product of {gene} is found in the {object}.",
        "{gene} encodes a product located at the {object}.",
        "In the cell, {gene} belongs to the {object}.",
        "The {object} contains the product of {gene}.",
    ],
    "colocalizes_with": [
        "The product of {gene} colocalizes with the {object}.",
        "The {object} and the product of {gene} are seen in the same place.",
        "In the cell, the product of {gene} accompanies the {object}.",
    ],
    "contributes_to": [
        "The product of {gene} contributes to {object}.",
        "{object} is an activity to which the product of {gene} contributes.",
        "As part of a complex, the product of {gene} helps to provide {object}.",
    ],
    "acts_upstream_of": [
        "{gene} acts ahead of {object}.",
        "{object} is influenced by an earlier action of {gene}.",
        "What {gene} does comes before {object} and bears on it.",
    ],
    "acts_upstream_of_positive_effect": [
        "{gene} acts ahead of {object} and promotes it.",
        "{object} is furthered by an earlier action of {gene}.",
        "What {gene} does comes before {object} and furthers it.",
    ],
    "acts_upstream_of_negative_effect": [
        "{gene} acts ahead of {object} and holds it back.",
        "{object} is restrained by an earlier action of {gene}.",
        "What {gene} does comes before {object} and restrains it.",
    ],
    "acts_upstream_of_or_within": [
        "{gene} acts within {object} or ahead of it.",
        "{object} is influenced by {gene}, from within or from upstream.",
        "Either in {object} or upstream of it, {gene} is at work.",
    ],
    "acts_upstream_of_or_within_positive_effect": [
        "{gene} acts within {object} or ahead of it, and promotes it.",
        "{object} is furthered by {gene}, from within or from upstream.",
        "Either in {object} or upstream of it, {gene} has a positive effect on it.",
    ],
    "acts_upstream_of_or_within_negative_effect": [
        "{gene} acts within {object} or ahead of it, and holds it back.",
        "{object} is restrained by {gene}, from within or from upstream.",
        "Either in {object} or upstream of it, {gene} has a negative effect on it.",
    ],
    "member_of_pathway": [
        "{gene} is a member of the pathway {object}.",
        "The pathway {object} includes {gene}.",
        "{object} is a pathway with {gene} in it.",
        "Part of the pathway {object} is {gene}.",
    ],
    "subunit_of_complex": [
        "The product of {gene} is a subunit of the complex {object}.",
        "The complex {object} has the product of {gene} as a subunit.",
        "{gene} encodes a subunit of the complex {object}.",
    ],
    "in_gene_group": [
        "{gene} belongs to the gene group {object}.",
        "The gene group {object} counts {gene} among its members.",
        "{gene} is one of the {object} genes.",
    ],
    "has_domain": [
        "The product of {gene} carries the protein domain {object}.",
        "The protein domain {object} occurs in the product of {gene}.",
        "{gene} encodes a protein with the domain {object}.",
    ],
    "in_compartment": [
        "The protein of {gene} resides in this compartment: {object}.",
        "Subcellular compartment of the protein of {gene}: {object}.",
        "Where the protein of {gene} is located: {object}.",
    ],
    "catalyses": [
        "The enzyme encoded by {gene} catalyses this reaction: {object}.",
        "Reaction catalysed by the product of {gene}: {object}.",
        "{gene} encodes an enzyme for the reaction {object}.",
    ],
    "has_keyword": [
        "A keyword for the protein of {gene} is {object}.",
        "{object} is a keyword for the protein of {gene}.",
        "Under the keyword {object} stands, among others, the protein of {gene}.",
    ],
    "associated_with_disease": [
        "{gene} is associated with {object}.",
        "{object} is associated with the gene {gene}.",
        "Evidence on {object} points directly to {gene}.",
    ],
    "has_phenotype": [
        "Diseases of {gene} can show the phenotype {object}.",
        "The phenotype {object} is seen in diseases caused by {gene}.",
        "{gene} underlies diseases with the phenotype {object}.",
    ],
    "inferred_disease": [
        "Chemicals that bear on both suggest a link between {gene} and {object}.",
        "{gene} may be linked to {object}, judging by chemicals that bear on both.",
        "A link of {gene} to {object} is inferred from chemicals, not shown directly.",
    ],
    "affected_by_chemical": [
        "{gene} is affected by the chemical {object}.",
        "The chemical {object} acts on {gene} or its product.",
        "{gene} responds to the chemical {object}.",
    ],
    "has_mim_entry": [
        "{gene} has the OMIM entry {object}.",
        "In OMIM, {gene} is found under {object}.",
        "The OMIM entry {object} concerns {gene}.",
    ],
    "maps_to_band": [
        "{gene} maps to {object}.",
        "The cytogenetic location of {gene} is {object}.",
        "On the chromosomes, {gene} lies at {object}.",
    ],
    "has_gene_type": [
        "{gene} is a gene of the type {object}.",
        "The gene type of {gene} is {object}.",
        "As a gene, {gene} is classed as {object}.",
    ],
    "has_name": [
        "{gene} stands for {object}.",
        "The full name of {gene} is {object}.",
        "{object} is abbreviated {gene}.",
        "The gene symbol {gene} means {object}.",
    ],
    "has_alias": [
        "{gene} is also called {object}.",
        "Another name in use for {gene} is {object}.",
        "The alias {object} refers to {gene}.",
    ],
    "has_summary": [
        "{gene} in summary: {object}",
        "What is known of {gene}: {object}",
        "A short account of {gene}: {object}",
    ],
    "has_function_text": [
        "What the protein of {gene} does: {object}",
        "Function of the product of {gene}: {object}",
        "The role of the protein encoded by {gene}: {object}",
    ],
    "expressed_in_text": [
        "Where {gene} is expressed: {object}",
        "Expression of {gene}: {object}",
        "Tissues and cells with {gene}: {object}",
    ],
}

# Further paraphrases, for corpora that ask for more of them than stand above: what fewer choose stays as it is.
FURTHER: dict[str, list[str]] = {
    "involved_in": [
        "{gene} is involved in {object}.",
        "A biological process of {gene} is {object}.",
        "{gene} plays a part in {object}.",
        "{gene} has a part in {object}.",
        "Among the genes at work in {object} is {gene}.",
        "{gene} is annotated with the process {object}.",
        "What {gene} does belongs to {object}.",
        "{object} is a process with {gene} in it.",
    ],
    "acts_upstream_of_or_within": [
        "{gene} has a role in {object} or just before it.",
        "{gene} bears on {object}, in it or upstream of it.",
        "In {object} or ahead of it, one finds {gene}.",
        "Within or upstream of {object} stands {gene}.",
        "{object} has {gene} in it or before it.",
        "A process that {gene} shapes, from within or from before, is {object}.",
        "{gene} is placed in {object} or upstream of it.",
        "Ahead of {object}, or as a part of it, {gene} acts.",
        "{gene} was seen to act in {object} or before it.",
    ],
    "colocalizes_with": [
        "{gene} has a product that is seen beside the {object}.",
        "The product of {gene} keeps company with the {object}.",
        "Beside the {object} one finds the product of {gene}.",
        "{gene} codes for a product that goes with the {object}.",
        "The {object} is accompanied by the product of {gene}.",
        "Where the {object} is, the product of {gene} can be seen.",
        "The product of {gene} was seen with the {object}.",
        "{gene} colocalizes, by its product, with the {object}.",
        "Close to the {object} lies the product of {gene}.",
    ],
    "contributes_to": [
        "{gene} contributes to {object}.",
        "{gene} codes for a subunit that helps with {object}.",
        "{object} needs, in a complex, the product of {gene}.",
        "Together with its partners, the product of {gene} has {object}.",
        "The complex of {gene} has {object}.",
        "A share of {object} comes from the product of {gene}.",
        "In its complex, {gene} supports {object}.",
        "{object} is the work of a complex with the product of {gene}.",
        "The product of {gene} has a share in {object}.",
    ],
    "subunit_of_complex": [
        "{gene} is a subunit of the complex {object}.",
        "The complex {object} is built with the product of {gene}.",
        "A protein complex of {gene} is {object}.",
        "In the complex {object} there is the product of {gene}.",
        "{gene} codes for a part of the complex {object}.",
        "The product of {gene} belongs to the complex {object}.",
        "Among the subunits of the complex {object} is the product of {gene}.",
        "One part of the complex {object} comes from {gene}.",
        "The product of {gene} joins others in the complex {object}.",
    ],
    "has_domain": [
        "{gene} has the protein domain {object}.",
        "A domain of the product of {gene} is {object}.",
        "{gene} codes for the domain {object}.",
        "In the product of {gene} lies the domain {object}.",
        "The domain {object} is found in the product of {gene}.",
        "Among the domains of the product of {gene} is {object}.",
        "The sequence of {gene} holds the domain {object}.",
        "{gene} is a gene with the protein domain {object}.",
        "Part of the product of {gene} is the domain {object}.",
    ],
    "in_compartment": [
        "Compartment of the protein of {gene}: {object}.",
        "The protein of {gene} is seen here: {object}.",
        "{gene} has its protein in this place of the cell: {object}.",
        "Find the protein of {gene} here: {object}.",
        "Place of the product of {gene}: {object}.",
        "The cell keeps the protein of {gene} here: {object}.",
        "{gene}, subcellular location: {object}.",
        "The protein of {gene} goes to this compartment: {object}.",
        "This is where the protein of {gene} works: {object}.",
    ],
    "catalyses": [
        "{gene} catalyses this reaction: {object}.",
        "A reaction of the enzyme of {gene}: {object}.",
        "The product of {gene} is an enzyme for the reaction {object}.",
        "{gene}, reaction of its enzyme: {object}.",
        "What the enzyme of {gene} does: {object}.",
        "The enzyme from {gene} carries out this reaction: {object}.",
        "Here is a reaction that the enzyme of {gene} catalyses: {object}.",
        "The reaction {object} has an enzyme from {gene}.",
        "The enzyme of {gene} converts as follows: {object}.",
    ],
    "has_keyword": [
        "The protein of {gene} has the keyword {object}.",
        "{gene} is filed under the keyword {object}.",
        "Among the keywords of the protein of {gene} is {object}.",
        "{object} is said of the protein of {gene}.",
        "The keyword {object} fits the protein of {gene}.",
        "Curators give the protein of {gene} the keyword {object}.",
        "One looks for {object} and finds, among others, the protein of {gene}.",
        "The protein of {gene} goes with the keyword {object}.",
        "Described by keywords, the protein of {gene} has {object}.",
    ],
    "associated_with_disease": [
        "{gene} has an association with {object}.",
        "A disease of {gene} is {object}.",
        "There is evidence that ties {gene} to {object}.",
        "Among the genes tied to {object} is {gene}.",
        "{object} is a disease with a link to {gene}.",
        "Curators associate {gene} with {object}.",
        "{gene} is named among the genes of {object}.",
        "{gene} is one of the genes behind {object}.",
        "What is known of {object} involves {gene}.",
    ],
    "has_phenotype": [
        "{gene} is linked to the phenotype {object}.",
        "A phenotype in diseases of {gene} is {object}.",
        "Changes of {gene} can lead to the phenotype {object}.",
        "With a disease of {gene} one may see the phenotype {object}.",
        "{gene} is a gene behind the phenotype {object}.",
        "Among the phenotypes of {gene} is {object}.",
        "The phenotype {object} can point to {gene}.",
        "The phenotype {object} belongs to a disease of {gene}.",
        "Clinicians see the phenotype {object} where {gene} is affected.",
    ],
    "inferred_disease": [
        "{gene} and {object} are linked by inference from chemicals.",
        "{object} has an inferred link to {gene}, by way of chemicals.",
        "Through chemicals, {gene} is linked to {object}.",
        "Chemicals connect {gene} with {object}, by inference.",
        "A disease that is tied to {gene} by chemicals is {object}.",
        "From shared chemicals one infers a link of {gene} to {object}.",
        "An inferred disease of {gene} is {object}.",
        "By inference alone, {object} is linked to {gene}.",
        "The chemicals of {gene} are also those of {object}, which suggests a link.",
    ],
    "affected_by_chemical": [
        "A chemical that affects {gene} is {object}.",
        "Under the chemical {object}, {gene} changes.",
        "{gene} is a target of effects of the chemical {object}.",
        "Among the chemicals that change {gene} is {object}.",
        "The chemical {object} changes {gene} or its product.",
        "Exposure to the chemical {object} affects {gene}.",
        "Chemicals with an effect on {gene} include {object}.",
        "{gene} or its product reacts to the chemical {object}.",
        "Effects on {gene} were seen with the chemical {object}.",
    ],
    "enables": [
        "{gene} enables {object}.",
        "A molecular function of {gene} is {object}.",
        "{gene} codes for a product capable of {object}.",
        "{object} is enabled by {gene}.",
        "{gene} is annotated with the molecular function {object}.",
        "The molecular function {object} is among those of {gene}.",
        "What the product of {gene} does includes {object}.",
        "Among the molecular functions of {gene} is {object}.",
    ],
    "located_in": [
        "{gene} has its product in the {object}.",
        "A place of the product of {gene} is the {object}.",
        "The product of {gene} occurs in the {object}.",
        "{gene} codes for a product of the {object}.",
        "In the {object} there is the product of {gene}.",
        "The {object} is where the product of {gene} can be found.",
        "The product of {gene} was located in the {object}.",
        "Among the places of the product of {gene} is the {object}.",
    ],
    "member_of_pathway": [
        "{gene} acts in the pathway {object}.",
        "Among the genes of the pathway {object} is {gene}.",
        "{gene} is one of the genes of the pathway {object}.",
        "A pathway of {gene} is {object}.",
        "{gene} is listed in the pathway {object}.",
        "In the pathway {object}, one of the genes is {gene}.",
        "{gene} belongs to the pathway {object}.",
        "Curators count {gene} among the genes of the pathway {object}.",
    ],
    "in_gene_group": [
        "{gene} is a member of the gene group {object}.",
        "A gene group of {gene} is {object}.",
        "{gene} is classed in the gene group {object}.",
        "Nomenclature puts {gene} into the gene group {object}.",
        "Among the members of the gene group {object} is {gene}.",
        "The gene group {object} has {gene} as a member.",
        "{gene} is filed under the gene group {object}.",
        "{object} is a gene group with {gene} in it.",
        "As a gene, {gene} is grouped under {object}.",
    ],
    "has_name": [
        "{gene} is short for {object}.",
        "Spelled out, {gene} is {object}.",
        "{object} has the symbol {gene}.",
        "The symbol of {object} is {gene}.",
        "Geneticists write {gene} for {object}.",
        "{gene} is the symbol of the gene {object}.",
        "The gene called {object} has the symbol {gene}.",
        "Behind the symbol {gene} stands {object}.",
    ],
}

# The wordings in which models are asked which object is a gene's. They are never trained on, and end with the object.
ASKED: dict[str, list[str]] = {
    "involved_in": [
        "A process in which {gene} has a role is {object}.",
        "Asked for a biological process of {gene}, one may answer {object}.",
    ],
    "enables": [
        "As to molecular function, {gene} is known for {object}.",
        "The gene product of {gene} shows {object}.",
    ],
    "located_in": [
        "A cellular component with the product of {gene} is the {object}.",
        "Look for the product of {gene} in the {object}.",
    ],
    "colocalizes_with": [
        "Together with the product of {gene} one sees the {object}.",
        "Images of cells show the product of {gene} together with the {object}.",
    ],
    "contributes_to": [
        "Within its complex, the product of {gene} lends itself to {object}.",
        "In a complex with others, {gene} takes its share of {object}.",
    ],
    "acts_upstream_of": ["Downstream of what {gene} does lies {object}."],
    "acts_upstream_of_positive_effect": ["Downstream of {gene}, and helped by it, lies {object}."],
    "acts_upstream_of_negative_effect": ["Downstream of {gene}, and slowed by it, lies {object}."],
    "acts_upstream_of_or_within": [
        "Within or downstream of what {gene} does lies {object}.",
        "Look for {gene} in, or upstream of, {object}.",
    ],
    "acts_upstream_of_or_within_positive_effect": ["What {gene} helps, from within or upstream, is {object}."],
    "acts_upstream_of_or_within_negative_effect": ["What {gene} slows, from within or upstream, is {object}."],
    "member_of_pathway": [
        "One pathway in which {gene} has a part is {object}.",
        "Pathway databases list {gene} under {object}.",
    ],
    "subunit_of_complex": [
        "A protein complex that is built with {gene} is {object}.",
        "Take the product of {gene} away, and a subunit is missing from {object}.",
    ],
    "in_gene_group": [
        "The group of genes to which {gene} belongs is called {object}.",
        "In lists of gene groups, {gene} appears under {object}.",
    ],
    "has_domain": [
        "A domain in the protein of {gene} is {object}.",
        "Searched for domains, the protein of {gene} matches {object}.",
    ],
    "in_compartment": [
        "In cells, the protein of {gene} sits here: {object}.",
        "The product of {gene} was found in this part of the cell: {object}.",
    ],
    "catalyses": [
        "The reaction that the enzyme of {gene} speeds up is {object}.",
        "An enzyme comes from {gene}, and its reaction is {object}.",
    ],
    "has_keyword": [
        "Databases tag the protein of {gene} with {object}.",
        "In one keyword, the protein of {gene} is about {object}.",
    ],
    "associated_with_disease": [
        "A disease with a link to {gene} is {object}.",
        "In databases of diseases, {gene} appears under {object}.",
    ],
    "has_phenotype": [
        "Patients with a disease of {gene} may have {object}.",
        "What patients show where {gene} is affected includes {object}.",
    ],
    "inferred_disease": [
        "By way of chemicals, {gene} is tied to {object}.",
        "Chemicals suggest, but do not show, that {gene} bears on {object}.",
    ],
    "affected_by_chemical": [
        "A chemical that changes what {gene} does is {object}.",
        "Studies of chemicals report that {gene} reacts to {object}.",
    ],
    "has_mim_entry": ["OMIM describes {gene} in {object}."],
    "maps_to_band": ["The chromosome band of {gene} is {object}."],
    "has_gene_type": ["By type, {gene} is {object}."],
    "has_name": [
        "The official name of the gene {gene} is {object}.",
        "Written out in full, {gene} reads {object}.",
    ],
    "has_alias": ["Another symbol that people use for {gene} is {object}."],
}

# {genes} is a list of two or more. It may lack held-out genes, so no sentence says "all" or "only". Relations whose
# object belongs to one gene are not here.
SEVERAL: dict[str, list[str]] = {
    "involved_in": [
        "{genes} take part in {object}.",
        "Genes at work in {object} include {genes}.",
        "{object} involves, among other genes, {genes}.",
    ],
    "enables": [
        "The products of {genes} have {object}.",
        "Genes whose products have {object} include {genes}.",
        "{object} is an activity that {genes} share.",
    ],
    "located_in": [
        "The products of {genes} are found in the {object}.",
        "Genes whose products belong to the {object} include {genes}.",
        "The {object} contains, among others, the products of {genes}.",
    ],
    "colocalizes_with": [
        "The products of {genes} colocalize with the {object}.",
        "Seen in the same place as the {object} are the products of {genes}.",
        "Genes whose products accompany the {object} include {genes}.",
    ],
    "contributes_to": [
        "The products of {genes} contribute to {object}.",
        "{object} is an activity to which the products of {genes} contribute.",
        "As parts of complexes, the products of {genes} help to provide {object}.",
    ],
    "acts_upstream_of": [
        "{genes} act ahead of {object}.",
        "{object} is influenced by earlier actions of {genes}.",
        "Genes that act before {object} and bear on it include {genes}.",
    ],
    "acts_upstream_of_positive_effect": [
        "{genes} act ahead of {object} and promote it.",
        "{object} is furthered by earlier actions of {genes}.",
        "Genes that act before {object} and further it include {genes}.",
    ],
    "acts_upstream_of_negative_effect": [
        "{genes} act ahead of {object} and hold it back.",
        "{object} is restrained by earlier actions of {genes}.",
        "Genes that act before {object} and restrain it include {genes}.",
    ],
    "acts_upstream_of_or_within": [
        "{genes} act within {object} or ahead of it.",
        "{object} is influenced by {genes}, from within or from upstream.",
        "Genes at work in {object} or upstream of it include {genes}.",
    ],
    "acts_upstream_of_or_within_positive_effect": [
        "{genes} act within {object} or ahead of it, and promote it.",
        "{object} is furthered by {genes}, from within or from upstream.",
        "Genes that further {object}, in it or upstream of it, include {genes}.",
    ],
    "acts_upstream_of_or_within_negative_effect": [
        "{genes} act within {object} or ahead of it, and hold it back.",
        "{object} is restrained by {genes}, from within or from upstream.",
        "Genes that restrain {object}, in it or upstream of it, include {genes}.",
    ],
    "member_of_pathway": [
        "{genes} are members of the pathway {object}.",
        "Genes in the pathway {object} include {genes}.",
        "The pathway {object} has among its members {genes}.",
    ],
    "subunit_of_complex": [
        "The products of {genes} are subunits of the complex {object}.",
        "Genes in the complex {object} include {genes}.",
        "The complex {object} is built from the products of {genes}, among others.",
    ],
    "in_gene_group": [
        "{genes} belong to the gene group {object}.",
        "The gene group {object} counts among its members {genes}.",
        "Genes of the group {object} include {genes}.",
    ],
    "has_domain": [
        "The products of {genes} carry the protein domain {object}.",
        "The protein domain {object} occurs in the products of {genes}.",
        "Genes that encode the domain {object} include {genes}.",
    ],
    "in_compartment": [
        "The proteins of {genes} share this compartment: {object}.",
        "Subcellular compartment of the proteins of {genes}: {object}.",
        "Where the proteins of {genes} are located: {object}.",
    ],
    "catalyses": [
        "The enzymes encoded by {genes} catalyse this reaction: {object}.",
        "Reaction catalysed by the products of {genes}: {object}.",
        "{genes} encode enzymes for the reaction {object}.",
    ],
    "has_keyword": [
        "A keyword for the proteins of {genes} is {object}.",
        "{object} is a keyword that the proteins of {genes} share.",
        "Under the keyword {object} stand, among others, the proteins of {genes}.",
    ],
    "associated_with_disease": [
        "{genes} are associated with {object}.",
        "Genes associated with {object} include {genes}.",
        "Evidence on {object} points directly to {genes}.",
    ],
    "has_phenotype": [
        "Diseases of {genes} can show the phenotype {object}.",
        "The phenotype {object} is seen in diseases caused by {genes}.",
        "Genes that underlie diseases with the phenotype {object} include {genes}.",
    ],
    "inferred_disease": [
        "Chemicals that bear on them suggest links of {genes} to {object}.",
        "{genes} may be linked to {object}, judging by chemicals that bear on them.",
        "Links of {genes} to {object} are inferred from chemicals, not shown directly.",
    ],
    "affected_by_chemical": [
        "{genes} are affected by the chemical {object}.",
        "The chemical {object} acts on {genes} or their products.",
        "Genes that respond to the chemical {object} include {genes}.",
    ],
    "has_mim_entry": [
        "{genes} share the OMIM entry {object}.",
        "In OMIM, {genes} are found under {object}.",
        "The OMIM entry {object} concerns {genes}.",
    ],
    "maps_to_band": [
        "{genes} map to {object}.",
        "Genes that lie at {object} include {genes}.",
        "The cytogenetic location {object} is shared by {genes}.",
    ],
    "has_gene_type": [
        "{genes} are genes of the type {object}.",
        "Genes of the type {object} include {genes}.",
        "As genes, {genes} are classed as {object}.",
    ],
    "has_alias": [
        "{genes} share the alias {object}.",
        "The alias {object} is ambiguous: it may refer to {genes}.",
        "Genes that are also called {object} include {genes}.",
    ],
}

# GAF 2.2 qualifiers that imply another relation and use its wording.
SAME_WORDING = {"is_active_in": "located_in", "part_of": "located_in"}

RELATIONS = frozenset({*PARAPHRASES, *SAME_WORDING})


# Separates several genes, relations, ids or sources of a statement; unlike a comma it occurs in none of them.
JOINT = "\t"
# Relations whose object is running text, which is quoted whole.
FREE_TEXT = frozenset({"has_summary", "has_function_text", "expressed_in_text"})
MEMBERSHIP = "member_of_pathway"
# Relations about a gene's names, entries and location, which say nothing about its function; LABELS hold no word of it.
LABELS = frozenset({"has_alias", "has_gene_type", "has_mim_entry", "maps_to_band"})
NAMING = LABELS | {"has_name"}

# A first word in lower case; a single letter (as in p-cresol) is a symbol, not a word.
_PLAIN_WORD = re.compile(r"[a-z]{2,}(-[a-z]+)*(?![\w'-])")


def worded_as(relation: str) -> str:
    """The relation whose wordings a relation uses; of several that JOINT separates, the first one's."""
    first = relation.partition(JOINT)[0]
    return SAME_WORDING.get(first, first)


def wordings(relation: str) -> int:
    """How many paraphrases a relation with wordings of its own has."""
    return len(PARAPHRASES[relation]) + len(FURTHER.get(relation, ()))


def paraphrase(relation: str, number: int, turn: int) -> str:
    """The paraphrase of this number, from 0, of a relation with wordings of its own; `turn` says which comes first.

    Those in FURTHER come after all others, so that a corpus with few paraphrases reads the same whatever stands there.
    """
    first = PARAPHRASES[relation]
    part, place = (first, number) if number < len(first) else (FURTHER[relation], number - len(first))
    return part[(turn + place) % len(part)]


def opening(name: str) -> str:
    """A name at the start of a sentence: a plain word is capitalised; mRNA, p53 and the like stay unchanged."""
    return name[0].upper() + name[1:] if _PLAIN_WORD.match(name) else name


def listed(genes: list[str]) -> str:
    """Two or more genes as text: "A, B and C"."""
    return f"{', '.join(genes[:-1])} and {genes[-1]}"
